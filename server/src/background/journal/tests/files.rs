//! The files: what they keep, in which order it lands, and that they do not grow for ever.

use std::fs;

use rollcall_shared::AgentId;
use tempfile::TempDir;

use super::*;

/// Little memory and small files.
fn small() -> Limits {
    Limits {
        memory: MEMORY,
        file: 4_000,
        batch: 20,
        ..Limits::default()
    }
}

const MEMORY: usize = 100;

/// The names of the files of a journal.
fn names(folder: &Path) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| name(&file.unwrap().path()))
        .collect();
    names.sort();
    names
}

/// A data folder, its store, and a journal that lets go of what it has as a killed process does.
struct Killable {
    data: TempDir,
    store: Store,
}

impl Killable {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = store_in(data.path()).await;
        Self { data, store }
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join("journal")
    }

    fn journal(&self) -> (Journal, Writer) {
        journal(self.store.clone(), Some(self.folder()), Clock::start()).unwrap()
    }

    fn small(&self) -> (Journal, Writer) {
        let (folder, clock) = (Some(self.folder()), Clock::start());
        with(self.store.clone(), folder, Box::new(SystemDisk), small(), clock).unwrap()
    }

    /// Hands in and keeps, and lands none of it.
    async fn killed_with(&self, entries: impl IntoIterator<Item = Entry>) {
        let (journal, _writer) = self.journal();
        for entry in entries {
            journal.push(entry);
        }
        journal.kept().await.unwrap();
    }

    async fn recover(&self) -> usize {
        recover(&self.store, &self.folder()).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_kept_when_the_server_was_killed_is_landed_by_the_next() {
    let server = Killable::new().await;
    assert_eq!(server.recover().await, 0);
    server.killed_with((0..10).map(blind)).await;
    server.killed_with((10..20).map(blind)).await;
    assert_eq!(landed(&server.store).await, [0; 0]);
    assert_eq!(server.recover().await, 20);
    assert_eq!(landed(&server.store).await, (0..20).collect::<Vec<_>>());
    assert_eq!(names(&server.folder()), [""; 0]);
    assert_eq!(server.recover().await, 0);
}

#[tokio::test]
async fn a_server_that_is_killed_while_it_lands_lands_it_again_without_harm() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    let store = server.backend.app.store.clone();
    let killable = Killable {
        data: tempfile::tempdir().unwrap(),
        store: store.clone(),
    };
    let id: AgentId = agent.id.parse().unwrap();
    killable
        .killed_with([
            registered(id, 1),
            change(&server, &agent, 1, Status::Online),
            registered(id, 2),
            change(&server, &agent, 2, Status::Offline),
            blind(7),
        ])
        .await;
    // All of it lands, the files stay.
    let file = killable.folder().join(&names(&killable.folder())[0]);
    let bytes = fs::read(&file).unwrap();
    assert_eq!(killable.recover().await, 5);
    let after = store.agents().by_id(id).await.unwrap().unwrap();
    let lines = server.history_of(&agent, 3).await;
    assert_eq!((after.applied, after.status), (2, Status::Offline));
    fs::write(&file, bytes).unwrap();
    assert_eq!(killable.recover().await, 5);
    assert_eq!(store.agents().by_id(id).await.unwrap().unwrap(), after);
    assert_eq!(server.history_of(&agent, 3).await, lines);
    assert_eq!(landed(&store).await, [7]);
}

#[tokio::test]
async fn a_server_killed_while_its_database_was_away_knows_after_it_what_happened_before() {
    let server = Server::on_file(&[]).await;
    let mut agent = server.agent("web-1").await;
    let id: AgentId = agent.id.parse().unwrap();
    let data = &server.config.data;
    Room::of(data).await.ends_for("transitions").await;
    agent.register(&server).await;
    agent.goodbye(&server, "stop").await;
    server.backend.app.journal.kept().await.unwrap();
    // What a killed process leaves: the files as they are.
    let left = tempfile::tempdir().unwrap();
    fs::create_dir(left.path().join("journal")).unwrap();
    for name in ["rollcall.db".to_owned(), "rollcall.db-wal".to_owned()]
        .into_iter()
        .chain(
            names(&data.join("journal"))
                .into_iter()
                .map(|name| format!("journal/{name}")),
        )
    {
        fs::copy(data.join(&name), left.path().join(&name)).unwrap();
    }
    Room::of(left.path()).await.is_back().await;
    let store = store_in(left.path()).await;
    let known = store.agents().by_id(id).await.unwrap().unwrap();
    assert_eq!(known.status, Status::Pending);
    recover(&store, &left.path().join("journal")).await.unwrap();
    let known = store.agents().by_id(id).await.unwrap().unwrap();
    assert_eq!(known.status, Status::Offline);
    assert_eq!(known.boot, Some(agent.boot.parse().unwrap()));
    assert_eq!(known.agent_version, "0.1.0");
}

#[tokio::test]
async fn what_memory_does_not_hold_is_read_back_and_lands_in_order() {
    let server = Killable::new().await;
    let room = Room::of(server.data.path()).await;
    room.ends_for("blind_spans").await;
    let (journal, writer) = server.small();
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    for number in 0..1_000 {
        journal.push(blind(number));
        // Every one a write of its own, so that several files come about.
        journal.kept().await.unwrap();
    }
    {
        let state = journal.shared().state.lock();
        assert!(state.ready.len() <= MEMORY, "{} in memory", state.ready.len());
        assert!(state.fresh.is_empty() && state.more_in_files);
    }
    let files = names(&server.folder());
    assert!(files.len() > 10, "{files:?}");
    assert_eq!(journal.waiting(), 1_000);

    room.is_back().await;
    journal.push(blind(1_000));
    journal.durable().await;
    assert_eq!(room.order().await, (0..=1_000).collect::<Vec<_>>());
    // And on.
    journal.push(blind(1_001));
    journal.durable().await;
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&server.store).await.len(), 1_002);
    assert_eq!(names(&server.folder()), [""; 0]);
}

#[tokio::test]
async fn what_is_beyond_memory_also_outlives_a_kill() {
    let server = Killable::new().await;
    Room::of(server.data.path()).await.ends_for("blind_spans").await;
    let (journal, writer) = server.small();
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    for number in 0..500 {
        journal.push(blind(number));
        journal.kept().await.unwrap();
    }
    writing.abort();
    drop(journal);
    Room::of(server.data.path()).await.is_back().await;
    assert_eq!(server.recover().await, 500);
    assert_eq!(landed(&server.store).await, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_files_do_not_grow_while_the_database_is_there() {
    let server = Killable::new().await;
    let (journal, writer) = server.journal();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    for round in 0..4 {
        for number in 0..2_000 {
            journal.push(blind(round * 2_000 + number));
        }
        journal.durable().await;
        // A file goes when the thread that has them comes to it.
        until(|| {
            let size = |name: &String| fs::metadata(server.folder().join(name)).map_or(0, |file| file.len());
            let bytes: u64 = names(&server.folder()).iter().map(size).sum();
            bytes < 64 << 10
        })
        .await;
    }
    drop(journal);
    writing.await.unwrap();
    assert_eq!(names(&server.folder()), [""; 0]);
}

#[tokio::test]
async fn at_a_stop_without_the_database_all_stays_in_the_files() {
    let server = Killable::new().await;
    let room = Room::of(server.data.path()).await;
    room.ends_for("blind_spans").await;
    let (journal, writer) = server.journal();
    let (_listening, log) = listen();
    for number in 0..3_000 {
        journal.push(blind(number));
    }
    drop(journal);
    writer.run(Duration::ZERO).await;
    let said: Vec<String> = log.try_iter().collect();
    assert!(
        said.iter()
            .any(|line| line.contains("wait in the data folder") && line.contains("kept=3000")),
        "{said:?}"
    );
    room.is_back().await;
    assert_eq!(server.recover().await, 3_000);
    assert_eq!(landed(&server.store).await, (0..3_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn files_stay_where_the_database_does_not_take_them_at_the_start() {
    let server = Killable::new().await;
    server.killed_with((0..10).map(blind)).await;
    let room = Room::of(server.data.path()).await;
    room.ends_for("blind_spans").await;
    assert!(recover(&server.store, &server.folder()).await.is_err());
    assert_eq!(names(&server.folder()).len(), 1);
    room.is_back().await;
    assert_eq!(server.recover().await, 10);
}

#[tokio::test]
async fn a_damaged_file_is_landed_as_far_as_it_can_be_read_and_set_aside() {
    let server = Killable::new().await;
    server.killed_with((0..10).map(blind)).await;
    let file = server.folder().join(&names(&server.folder())[0]);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x20;
    bytes.truncate(bytes.len() - 1);
    fs::write(&file, bytes).unwrap();
    fs::write(
        server.folder().join("0000000000000077.journal"),
        "rollcall journal 9\n",
    )
    .unwrap();
    fs::write(server.folder().join("readme.txt"), "not ours").unwrap();
    let (_listening, log) = listen();
    assert_eq!(server.recover().await, 8);
    let said: Vec<String> = log.try_iter().collect();
    for told in ["is damaged", "not written whole", "newer release"] {
        assert!(said.iter().any(|line| line.contains(told)), "{told}: {said:?}");
    }
    assert_eq!(
        names(&server.folder()),
        [
            "0000000000000000.damaged",
            "0000000000000077.journal",
            "readme.txt"
        ]
    );
    // A name is not used twice.
    server.killed_with([blind(10)]).await;
    assert!(names(&server.folder()).contains(&"0000000000000078.journal".to_owned()));
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_and_their_folder_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let server = Killable::new().await;
    server.killed_with([blind(1)]).await;
    let file = server.folder().join(&names(&server.folder())[0]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&server.folder()), mode(&file)), (0o700, 0o600));
}

#[tokio::test]
async fn a_file_that_somebody_took_away_holds_nobody_up() {
    let server = Killable::new().await;
    let room = Room::of(server.data.path()).await;
    room.ends_for("blind_spans").await;
    let (journal, writer) = server.small();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    for number in 0..500 {
        journal.push(blind(number));
        journal.kept().await.unwrap();
    }
    for name in names(&server.folder()) {
        fs::remove_file(server.folder().join(name)).unwrap();
    }
    room.is_back().await;
    journal.push(blind(500));
    journal.durable().await;
    let there = landed(&server.store).await;
    assert_eq!(there[..MEMORY], (0..100).collect::<Vec<_>>()[..]);
    drop(journal);
    writing.await.unwrap();
}

/// What can be renamed, but not read.
fn make_unreadable(file: &Path) {
    fs::remove_file(file).unwrap();
    fs::create_dir(file).unwrap();
}

#[tokio::test]
async fn a_file_that_stays_unreadable_is_told_and_set_aside_and_later_ones_land() {
    let server = Killable::new().await;
    let room = Room::of(server.data.path()).await;
    room.ends_for("blind_spans").await;
    let limits = Limits { tries: 2, ..small() };
    let (folder, clock) = (Some(server.folder()), Clock::start());
    let (journal, writer) = with(server.store.clone(), folder, Box::new(SystemDisk), limits, clock).unwrap();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    for number in 0..500 {
        journal.push(blind(number));
        journal.kept().await.unwrap();
    }
    let names_before = names(&server.folder());
    let broken = &names_before[names_before.len() / 2];
    make_unreadable(&server.folder().join(broken));
    room.is_back().await;
    until(|| journal.judge().is_err()).await;
    let said = journal.judge().unwrap_err();
    assert!(said.contains("cannot be read back"), "{said}");
    journal.durable().await;
    assert_eq!(journal.judge(), Ok(()));
    let there = room.order().await;
    assert!(there.is_sorted() && there.len() > 300 && there.len() < 500);
    assert_eq!(there.last(), Some(&499));
    drop(journal);
    writing.await.unwrap();
    let aside = broken.replace(".journal", ".damaged");
    assert_eq!(names(&server.folder()), [aside]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_at_the_start_never_lands_after_later_ones() {
    let server = Killable::new().await;
    server.killed_with([blind(0)]).await;
    server.killed_with([blind(1)]).await;
    let file = server.folder().join(&names(&server.folder())[0]);
    let bytes = fs::read(&file).unwrap();
    make_unreadable(&file);
    // One of an earlier time is not written over.
    fs::write(file.with_extension("damaged"), "of an earlier time").unwrap();
    assert_eq!(server.recover().await, 1);
    let aside = ["0000000000000000.1.damaged", "0000000000000000.damaged"];
    assert_eq!(names(&server.folder()), aside);
    // The disk is mended.
    let file = server.folder().join(aside[0]);
    fs::remove_dir(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    assert_eq!(server.recover().await, 0);
    assert_eq!(landed(&server.store).await, [1]);
}

#[tokio::test]
async fn what_is_of_another_database_is_never_landed_and_a_start_says_so() {
    let server = Killable::new().await;
    let other = Killable::new().await;
    server.killed_with((0..10).map(blind)).await;
    let error = recover(&other.store, &server.folder()).await.unwrap_err();
    assert!(matches!(error, RecoverError::OtherDatabase { .. }));
    let said = error.to_string();
    let folder = server.folder().display().to_string();
    assert!(
        said.contains(&folder) && said.contains("move the folder away"),
        "{said}"
    );
    assert_eq!(landed(&other.store).await, [0; 0]);
    // The right one, opened once more.
    let store = store_in(server.data.path()).await;
    assert_eq!(recover(&store, &server.folder()).await.unwrap(), 10);
    // What nothing waits in is nobody's.
    assert_eq!(recover(&other.store, &server.folder()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_file_of_the_release_before_that_names_no_database_is_landed() {
    let server = Killable::new().await;
    server.killed_with([blind(1)]).await;
    let file = server.folder().join(&names(&server.folder())[0]);
    let bytes = fs::read(&file).unwrap();
    let after = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&file, [b"rollcall journal 1\n", &bytes[after..]].concat()).unwrap();
    assert_eq!(server.recover().await, 1);
}
