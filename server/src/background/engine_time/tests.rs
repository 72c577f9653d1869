use super::file::Kept;
use super::*;

fn machine(since_s: u64) -> MachineTime {
    MachineTime {
        run: "one".to_owned(),
        since_ms: since_s * 1_000,
    }
}

fn state(engine_ms: i64) -> EngineState {
    EngineState {
        engine_ms,
        saved_wall_ms: 1_000_000 + engine_ms,
    }
}

fn at(engine_ms: u64) -> EngineTime {
    EngineTime::from_micros(engine_ms * 1_000)
}

fn kept(engine_ms: i64, in_database_ms: i64) -> Kept {
    Kept {
        database: "a".to_owned(),
        engine_ms,
        saved_wall_ms: 1_000_000 + engine_ms,
        in_database_ms,
        machine: machine(7),
    }
}

#[test]
fn a_restart_resumes_from_the_newer_of_database_and_file() {
    for (row, file, resumed) in [
        (5_000, None, 5_000),
        // Ten minutes without a database, in which agents were heard.
        (5_000, Some(kept(605_000, 5_000)), 605_000),
        // A disk that took nothing any more.
        (605_000, Some(kept(5_000, 5_000)), 605_000),
        // A backup that was restored: the file is from after it.
        (5_000, Some(kept(605_000, 604_000)), 5_000),
    ] {
        let saved = newer(state(row), file.clone());
        assert_eq!(saved.at, at(resumed), "{row} {file:?}");
        assert_eq!(
            saved.wall_ms,
            1_000_000 + i64::try_from(resumed).unwrap(),
            "{row} {file:?}"
        );
    }
}

#[tokio::test]
async fn a_file_reads_back_in_its_database_and_in_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = TimeFile::new(folder.path(), "a");
    assert_eq!(file.read(READ).await, None);
    file.note_in_database(4_000);
    file.write(state(5_000), machine(7)).unwrap();
    assert_eq!(file.read(READ).await, Some(kept(5_000, 4_000)));
    file.write(state(6_000), machine(7)).unwrap();
    assert_eq!(file.read(READ).await, Some(kept(6_000, 4_000)));
    assert_eq!(TimeFile::new(folder.path(), "b").read(READ).await, None);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_leaves_it_to_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = TimeFile::new(folder.path(), "a");
    file.write(state(5_000), machine(7)).unwrap();
    let path = folder.path().join("engine-time.json");
    for damaged in [&b""[..], b"{", b"[]", &[0; 300]] {
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(file.read(READ).await, None, "{damaged:?}");
    }
    // And is written over.
    file.write(state(5_000), machine(7)).unwrap();
    assert!(file.read(READ).await.is_some());
}

#[tokio::test]
async fn a_disk_that_hangs_leaves_it_to_the_database_and_holds_up_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever reads a pipe that nobody writes waits for ever.
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("engine-time.json"))
        .status();
    assert!(made.unwrap().success());
    let file = TimeFile::new(folder.path(), "a");
    let others = tokio::spawn(async {});
    assert_eq!(file.read(Duration::from_millis(50)).await, None);
    assert!(others.is_finished(), "this thread had time for others");
}

#[test]
fn an_absence_is_as_long_as_the_machine_says() {
    let before = machine(100);
    assert_eq!(machine(160).since(&before), Some(60_000));
    // It was started anew meanwhile: the server was away for that long at least.
    let anew = MachineTime {
        run: "two".to_owned(),
        since_ms: 30_000,
    };
    assert_eq!(anew.since(&before), Some(30_000));
    // A machine that does not say which run it is.
    let nameless = MachineTime {
        run: String::new(),
        since_ms: 30_000,
    };
    assert_eq!(nameless.since(&before), None);
    assert_eq!(before.since(&nameless), None);
}
