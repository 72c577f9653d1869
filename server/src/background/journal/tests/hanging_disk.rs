//! A disk that neither takes nor refuses what it is given, and a thread that breaks off at it: nobody waits for long,
//! and the database is given what the disk is not.

use std::path::Path;

use parking_lot::{Condvar, Mutex};

use super::*;
use crate::background::journal::segments::Growing;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Hangs,
    BreaksOff,
}

/// A disk that hangs while it is told to.
#[derive(Clone)]
struct Moody(Arc<(Mutex<Mood>, Condvar)>);

struct MoodyFile {
    file: Box<dyn Growing>,
    disk: Moody,
}

impl Moody {
    fn that(mood: Mood) -> Self {
        Self(Arc::new((Mutex::new(mood), Condvar::new())))
    }

    fn now(&self, mood: Mood) {
        *self.0.0.lock() = mood;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let mut mood = self.0.0.lock();
        assert!(*mood != Mood::BreaksOff, "the thread breaks off here");
        self.0.1.wait_while(&mut mood, |mood| *mood == Mood::Hangs);
    }
}

impl Disk for Moody {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Growing>> {
        Ok(Box::new(MoodyFile {
            file: SystemDisk.create(path)?,
            disk: self.clone(),
        }))
    }
}

impl io::Write for MoodyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.wait();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Growing for MoodyFile {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.cut(length)
    }
}

/// Longer than a test.
const NEVER: Duration = Duration::from_hours(1);

/// Soon noticed, and with little memory.
fn impatient() -> Limits {
    Limits {
        memory: 100,
        most: 400,
        kept: NEVER,
        hangs: Duration::from_millis(20),
        ..Limits::default()
    }
}

async fn on(data: &Path, disk: &Moody, limits: Limits) -> (Store, Journal, Writer) {
    let store = store_in(data).await;
    let folder = Some(data.join("journal"));
    let disk = Box::new(disk.clone());
    let (journal, writer) = with(store.clone(), folder, disk, limits, Clock::start()).unwrap();
    (store, journal, writer)
}

#[tokio::test]
async fn what_a_disk_that_hangs_does_not_take_lands_from_memory_and_the_server_says_so() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::Takes);
    let (store, journal, writer) = on(data.path(), &disk, impatient()).await;
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    journal.push(blind(0));
    journal.kept().await.unwrap();
    disk.now(Mood::Hangs);
    for number in 1..50 {
        journal.push(blind(number));
    }
    // Where the database is faster, it is there; that is better than kept.
    let _either = journal.kept().await;
    journal.durable().await;
    let said = journal.judge().unwrap_err();
    assert!(said.contains("disk does not answer"), "{said}");
    assert!(matches!(journal.disk(), DiskState::Hanging { .. }));
    for number in 50..100 {
        journal.push(blind(number));
    }
    journal.durable().await;

    disk.now(Mood::Takes);
    until(|| journal.judge().is_ok()).await;
    journal.push(blind(100));
    assert_eq!(journal.kept().await, Ok(()));
    journal.durable().await;
    let order = Room::of(data.path()).await.order().await;
    assert_eq!(order, (0..=100).collect::<Vec<_>>());
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await.len(), 101);
    assert_eq!(std::fs::read_dir(data.path().join("journal")).unwrap().count(), 0);
}

#[tokio::test]
async fn nobody_waits_for_a_disk_longer_than_agents_have_patience() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::Hangs);
    let limits = Limits {
        kept: Duration::from_millis(1),
        hangs: NEVER,
        ..impatient()
    };
    let (_store, journal, _writer) = on(data.path(), &disk, limits).await;
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Err(NotKept));
    assert_eq!(journal.judge(), Ok(()));
    disk.now(Mood::Takes);
    until(|| journal.shared().progress.borrow().kept == 1).await;
    assert_eq!(journal.kept().await, Ok(()));
}

#[tokio::test]
async fn memory_stays_bounded_before_a_disk_is_known_to_hang_and_after() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::Hangs);
    let limits = Limits {
        hangs: NEVER,
        ..impatient()
    };
    let (_store, journal, writer) = on(data.path(), &disk, limits).await;
    journal.push(blind(0));
    until(|| journal.shared().state.lock().keeping == 1).await;
    for number in 1..1_000 {
        journal.push(blind(number));
        assert!(journal.shared().state.lock().fresh.len() <= limits.most);
    }
    assert_eq!(journal.lost(), 600);
    let said = journal.judge().unwrap_err();
    assert!(
        said.contains("faster than") && said.contains("600 changes"),
        "{said}"
    );
    disk.now(Mood::Takes);
    until(|| journal.judge().is_ok()).await;
    drop((journal, writer));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_disk_that_hangs() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::Hangs);
    let (_store, journal, writer) = on(data.path(), &disk, impatient()).await;
    Room::of(data.path()).await.ends_for("blind_spans").await;
    let (_listening, log) = listen();
    for number in 0..10 {
        journal.push(blind(number));
    }
    drop(journal);
    writer.run(Duration::ZERO).await;
    let said: Vec<String> = log.try_iter().collect();
    assert!(
        said.iter()
            .any(|line| line.contains("changes were not written") && line.contains("lost=10")),
        "{said:?}"
    );
    disk.now(Mood::Takes);
}

#[tokio::test]
async fn at_a_stop_the_database_is_given_what_a_disk_that_hangs_does_not_take() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::Hangs);
    let (store, journal, writer) = on(data.path(), &disk, impatient()).await;
    for number in 0..10 {
        journal.push(blind(number));
    }
    drop(journal);
    writer.run(Duration::ZERO).await;
    assert_eq!(landed(&store).await, (0..10).collect::<Vec<_>>());
    disk.now(Mood::Takes);
}

#[tokio::test]
async fn a_thread_that_breaks_off_is_noticed_at_once_and_changes_land_without_it() {
    let data = tempfile::tempdir().unwrap();
    let disk = Moody::that(Mood::BreaksOff);
    let limits = Limits {
        hangs: NEVER,
        ..impatient()
    };
    let (store, journal, writer) = on(data.path(), &disk, limits).await;
    journal.push(blind(0));
    assert_eq!(journal.kept().await, Err(NotKept));
    assert!(journal.judge().is_err());
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    journal.push(blind(1));
    journal.durable().await;
    drop(journal);
    writing.await.unwrap();
    assert_eq!(landed(&store).await, [0, 1]);
}
