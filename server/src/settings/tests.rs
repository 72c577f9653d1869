//! Settings that are read back.

use rollcall_shared::Minutes;

use super::*;

#[tokio::test]
async fn the_first_start_writes_version_1_and_later_ones_keep_it() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let minute = Duration::from_mins(1);
    let first = Settings {
        heartbeat_every: Minutes::try_new(7).unwrap(),
        ..Settings::default()
    };
    let written = InForce::load(&store, &first, minute, Listens::Both, 5)
        .await
        .unwrap();
    assert_eq!((written.version(), written.current().saved_at_ms), (1, 5));
    let read = InForce::load(&store, &Settings::default(), minute, Listens::Both, 9)
        .await
        .unwrap();
    assert_eq!(read.current(), written.current());
}

#[tokio::test]
async fn a_version_that_cannot_be_read_leaves_the_last_one_that_can_in_force() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let minute = Duration::from_mins(1);
    let first = Settings::default();
    let load = || InForce::load(&store, &first, minute, Listens::Both, 5);
    load().await.unwrap();
    let edited = |version, document: &str| SettingsRecord {
        version,
        document: document.to_owned(),
        saved_at_ms: 6,
        author: None,
        note: None,
    };
    // One that can be read and says what nobody may save.
    let unsound = edited(2, r#"{"heartbeat_every":60,"offline_after":5,"poll_every":30}"#);
    assert!(store.settings().append(unsound).await.unwrap());
    let read = load().await.unwrap();
    assert_eq!(read.version(), 1);
    assert!(read.passed_over().unwrap().reason.starts_with("offline_after: "));
    let nonsense = edited(3, r#"{"heartbeat_every":0,"offline_after":5,"poll_every":30}"#);
    assert!(store.settings().append(nonsense).await.unwrap());
    let read = load().await.unwrap();
    assert_eq!(read.version(), 1);
    let passed_over = read.passed_over().unwrap();
    assert_eq!(passed_over.version, 3);
    assert!(passed_over.reason.contains("1 to 129600"), "{passed_over:?}");
    assert_eq!(*read.saving.lock().await, 3, "the next save is version 4");
}

#[tokio::test]
async fn a_version_with_more_or_less_in_it_than_this_release_knows_is_passed_over() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let (minute, first) = (Duration::from_mins(1), Settings::default());
    let load = || InForce::load(&store, &first, minute, Listens::Both, 5);
    load().await.unwrap();
    for (version, document, reason) in [
        (
            2,
            r#"{"heartbeat_every":10,"offline_after":60,"poll_every":30,"moon_phase":3}"#,
            "moon_phase: ",
        ),
        (3, "{}", "heartbeat_every: it is missing"),
        (4, "[]", "invalid type"),
        (5, "not even JSON", "expected"),
    ] {
        let record = SettingsRecord {
            version,
            document: document.to_owned(),
            saved_at_ms: 6,
            author: None,
            note: None,
        };
        assert!(store.settings().append(record).await.unwrap());
        let read = load().await.unwrap();
        assert_eq!(read.version(), 1);
        let passed_over = read.passed_over().unwrap();
        assert_eq!(passed_over.version, version);
        assert!(passed_over.reason.contains(reason), "{passed_over:?}");
    }
}

#[tokio::test]
async fn a_server_starts_also_where_no_version_can_be_used() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let (minute, first) = (Duration::from_mins(1), Settings::default());
    let spoilt = SettingsRecord {
        version: 1,
        document: "{".to_owned(),
        saved_at_ms: 4,
        author: None,
        note: None,
    };
    assert!(store.settings().append(spoilt).await.unwrap());
    let read = InForce::load(&store, &first, minute, Listens::Both, 5)
        .await
        .unwrap();
    assert_eq!((read.version(), &read.current().settings), (2, &first));
    assert_eq!(read.passed_over().unwrap().version, 1, "people are told");
    let again = InForce::load(&store, &Settings::default(), minute, Listens::Both, 9)
        .await
        .unwrap();
    assert_eq!(again.current(), read.current(), "it is written, once");
    assert!(again.current().note.is_some());
}
