//! A disk without room, and one that fails: the server goes on, says so, and gets over it.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::background::journal::segments::Growing;

/// A disk with room for so many bytes.
#[derive(Clone)]
pub(super) struct Tiny(Arc<AtomicU64>);

struct TinyFile {
    file: Box<dyn Growing>,
    room: Tiny,
}

impl Tiny {
    pub(super) fn of(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    fn room(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn has_room(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl Disk for Tiny {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Growing>> {
        Ok(Box::new(TinyFile {
            file: SystemDisk.create(path)?,
            room: self.clone(),
        }))
    }
}

impl io::Write for TinyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.0.load(Ordering::Relaxed);
        let fits = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if fits == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let written = self.file.write(&bytes[..fits])?;
        self.room.has_room(room - u64::try_from(written).unwrap());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Growing for TinyFile {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.cut(length)
    }
}

/// Room enough for all of a test.
pub(super) const PLENTY: u64 = 1 << 40;

const MEMORY: usize = 100;

async fn on_tiny(data: &Path, disk: &Tiny) -> (Store, Journal, Writer) {
    let store = store_in(data).await;
    let limits = Limits {
        memory: MEMORY,
        file: 4_000,
        batch: BATCH,
        ..Limits::default()
    };
    let folder = Some(data.join("journal"));
    let (journal, writer) = with(
        store.clone(),
        folder,
        Box::new(disk.clone()),
        limits,
        Clock::start(),
    )
    .unwrap();
    (store, journal, writer)
}

#[tokio::test]
async fn without_room_changes_still_land_and_the_server_says_what_is_wrong() {
    let data = tempfile::tempdir().unwrap();
    let disk = Tiny::of(0);
    let (store, journal, writer) = on_tiny(data.path(), &disk).await;
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    assert_eq!(journal.judge(), Ok(()));
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Err(NotKept));
    let said = journal.judge().unwrap_err();
    assert!(
        said.contains("disk is full") && said.contains("1 changes are in memory only"),
        "{said}"
    );
    assert!(matches!(journal.disk(), DiskState::Full { .. }));
    for number in 1..300 {
        journal.push(blind(number));
    }
    journal.durable().await;
    // Landed is better than kept.
    assert_eq!(journal.kept().await, Ok(()));
    assert_eq!(journal.lost(), 0);

    disk.has_room(PLENTY);
    journal.push(blind(300));
    until(|| journal.judge().is_ok()).await;
    assert_eq!(journal.kept().await, Ok(()));
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await, (0..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_disk_that_fills_amid_a_change_keeps_all_before_it() {
    // Room for some records and a piece of the next, wherever that ends.
    for room in [0, 1, 19, 20, 150, 200, 333, 400] {
        let data = tempfile::tempdir().unwrap();
        let disk = Tiny::of(room);
        let (store, journal, writer) = on_tiny(data.path(), &disk).await;
        let mut kept = 0;
        for number in 0..10 {
            journal.push(blind(number));
            if journal.kept().await.is_err() {
                break;
            }
            kept = number + 1;
        }
        assert!(kept < 10, "{room} bytes");
        drop((journal, writer));
        recover(&store, &data.path().join("journal")).await.unwrap();
        assert_eq!(
            landed(&store).await,
            (0..kept).collect::<Vec<_>>(),
            "{room} bytes"
        );
    }
}

#[tokio::test]
async fn what_files_hold_lands_before_what_they_do_not() {
    let data = tempfile::tempdir().unwrap();
    let disk = Tiny::of(PLENTY);
    let (store, journal, writer) = on_tiny(data.path(), &disk).await;
    let room = Room::of(data.path()).await;
    room.ends_for("blind_spans").await;
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    for number in 0..500 {
        journal.push(blind(number));
        journal.kept().await.unwrap();
    }
    disk.has_room(0);
    for number in 500..600 {
        journal.push(blind(number));
    }
    assert_eq!(journal.kept().await, Err(NotKept));
    {
        let state = journal.shared().state.lock();
        assert!(state.more_in_files && !state.direct, "order would be lost");
    }
    room.is_back().await;
    journal.durable().await;
    assert_eq!(room.order().await, (0..600).collect::<Vec<_>>());
    assert_eq!(landed(&store).await.len(), 600);
    drop(journal);
    writing.await.unwrap();
}

#[tokio::test]
async fn with_neither_disk_nor_database_the_oldest_are_lost_and_counted() {
    let data = tempfile::tempdir().unwrap();
    let disk = Tiny::of(0);
    let (store, journal, writer) = on_tiny(data.path(), &disk).await;
    let room = Room::of(data.path()).await;
    room.ends_for("blind_spans").await;
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Err(NotKept));
    until(|| journal.shared().state.lock().database_fails).await;
    let pushed = i64::try_from(MEMORY).unwrap() * 3;
    for number in 1..=pushed {
        journal.push(blind(number));
        assert!(journal.shared().state.lock().fresh.len() <= MEMORY);
    }
    let lost = usize::try_from(journal.lost()).unwrap();
    assert_eq!(lost, MEMORY * 2 + 1);
    let said = journal.judge().unwrap_err();
    assert!(said.contains("201 changes are lost"), "{said}");

    room.is_back().await;
    journal.durable().await;
    let there = landed(&store).await;
    // What was in hand at the database, and the newest.
    assert_eq!(there[0], 0);
    assert_eq!(there.len(), MEMORY);
    assert_eq!(there[1..], (pushed + 2 - 100..=pushed).collect::<Vec<_>>()[..]);
    disk.has_room(PLENTY);
    journal.push(blind(pushed + 1));
    until(|| journal.judge().is_ok()).await;
    drop(journal);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_disk_that_has_room_again_keeps_what_waited_in_memory() {
    let data = tempfile::tempdir().unwrap();
    let disk = Tiny::of(0);
    let (store, journal, writer) = on_tiny(data.path(), &disk).await;
    Room::of(data.path()).await.ends_for("blind_spans").await;
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    for number in 0..50 {
        journal.push(blind(number));
    }
    assert_eq!(journal.kept().await, Err(NotKept));
    disk.has_room(PLENTY);
    until(|| journal.disk() == DiskState::Fine).await;
    assert_eq!(journal.kept().await, Ok(()));
    writing.abort();
    drop(journal);
    Room::of(data.path()).await.is_back().await;
    recover(&store, &data.path().join("journal")).await.unwrap();
    assert_eq!(landed(&store).await, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_disk_with_room_for_little_is_not_said_to_be_well_before_it_takes_what_it_refused() {
    let data = tempfile::tempdir().unwrap();
    let disk = Tiny::of(4_096);
    let (_store, journal, writer) = on_tiny(data.path(), &disk).await;
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    let mut large = registered(AgentId::from_bits(1), 1);
    if let Entry::Registered { name, .. } = &mut large {
        *name = "long ".repeat(2_000);
    }
    journal.push(large);
    until(|| journal.judge().is_err()).await;
    journal.durable().await;
    // Tried again, with nothing to be kept.
    disk.has_room(4_096);
    until(|| disk.room() < 4_096).await;
    assert!(journal.judge().is_err());
    disk.has_room(PLENTY);
    until(|| journal.judge().is_ok()).await;
    drop(journal);
    writing.await.unwrap();
}

#[tokio::test]
async fn without_files_the_oldest_are_lost_beyond_what_memory_holds() {
    let data = tempfile::tempdir().unwrap();
    let store = store_in(data.path()).await;
    let limits = Limits {
        memory: 10,
        file: 0,
        batch: 1,
        ..Limits::default()
    };
    let (journal, writer) = with(store.clone(), None, Box::new(SystemDisk), limits, Clock::start()).unwrap();
    let room = Room::of(data.path()).await;
    room.ends_for("blind_spans").await;
    let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Ok(()));
    until(|| journal.shared().state.lock().database_fails).await;
    for number in 1..=20 {
        journal.push(blind(number));
    }
    assert_eq!(journal.lost(), 11);
    assert!(journal.judge().unwrap_err().contains("11 changes are lost"));
    room.is_back().await;
    journal.durable().await;
    assert_eq!(journal.judge(), Ok(()));
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await, [vec![0], (12..=20).collect()].concat());
}

/// A file system of its own with little room; gone with it.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    /// Where the system forbids it, notes that `test` is skipped.
    fn mount(test: &str, size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            other => {
                forbidden(test, &format!("the right to mount a tmpfs: {other:?}"));
                None
            }
        }
    }
}

/// Notes that a test was skipped, for the end of `make test`; where nothing may be skipped it fails, unless it is known
/// that the system forbids it.
fn forbidden(test: &str, right: &str) {
    let line = format!("{test}: {right}\n");
    // Not by a macro that the test harness captures.
    let _ = write!(io::stderr(), "SKIPPED {line}");
    if let Some(folder) = std::env::var_os("ROLLCALL_REPORT") {
        let folder = std::path::Path::new(&folder);
        std::fs::create_dir_all(folder).unwrap();
        let report = folder.join("unit.skipped");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(report);
        // In one write, since tests run beside each other.
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
    let may =
        std::env::var_os("ROLLCALL_CONFINED").is_some() || std::env::var_os("ROLLCALL_STRICT").is_none();
    assert!(
        may,
        "nothing is skipped where ROLLCALL_STRICT is set; missing: {right}"
    );
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_file_system_is_got_over() {
    let Some(small) = Tmpfs::mount("a_full_file_system_is_got_over", "64k") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let store = store_in(data.path()).await;
    let ballast = small.0.path().join("ballast");
    // Until the system says that there is no room.
    let _full = std::fs::write(&ballast, vec![0; 1 << 20]).unwrap_err();
    let (journal, writer) = journal(
        store.clone(),
        Some(small.0.path().join("journal")),
        Clock::start(),
    )
    .unwrap();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Err(NotKept));
    assert!(
        matches!(journal.disk(), DiskState::Full { .. }),
        "{:?}",
        journal.disk()
    );
    journal.durable().await;
    std::fs::remove_file(ballast).unwrap();
    journal.push(blind(1));
    until(|| journal.disk() == DiskState::Fine).await;
    assert_eq!(journal.kept().await, Ok(()));
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await, [0, 1]);
}

#[tokio::test]
async fn a_data_folder_on_a_full_file_system_loses_nothing() {
    let Some(small) = Tmpfs::mount("a_data_folder_on_a_full_file_system_loses_nothing", "1m") else {
        return;
    };
    let store = store_in(small.0.path()).await;
    let ballast = small.0.path().join("ballast");
    let _full = std::fs::write(&ballast, vec![0; 2 << 20]).unwrap_err();
    let folder = small.0.path().join("journal");
    let (journal, writer) = journal(store.clone(), Some(folder), Clock::start()).unwrap();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    for number in 0..3_000 {
        journal.push(blind(number));
    }
    assert_eq!(journal.kept().await, Err(NotKept));
    until(|| journal.shared().state.lock().database_fails).await;
    let said = journal.judge().unwrap_err();
    assert!(said.contains("disk is full"), "{said}");
    std::fs::remove_file(ballast).unwrap();
    journal.durable().await;
    until(|| journal.judge().is_ok()).await;
    assert_eq!(journal.lost(), 0);
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await, (0..3_000).collect::<Vec<_>>());
    store.close().await.unwrap();
}
