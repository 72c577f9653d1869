//! Opening a database: new, old, newer, twice at once, after a crash, and where there is none.

use sea_orm::{ConnectionTrait, DbBackend};
use tokio::task::JoinSet;

use super::samples::{all_agents, enrol, new_agent};
use crate::scope::Scope;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::{Store, StoreError, migrations, open};

on_every_database! {
    a_database_opened_again_holds_what_was_written,
    servers_that_start_together_make_one_schema,
    a_database_of_the_first_release_is_brought_to_this_one,
    a_token_of_an_earlier_release_is_told_with_the_uses_that_it_was_made_for,
    a_database_of_a_newer_release_is_refused_untouched,
    an_open_database_gives_a_sign_of_life,
    a_transaction_that_is_dropped_leaves_the_writer_free,
}

async fn a_database_opened_again_holds_what_was_written(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    store.close().await.unwrap();
    let again = database.open().await;
    assert_eq!(all_agents(&again).await, [new_agent(1).record]);
}

async fn servers_that_start_together_make_one_schema(database: &TestDatabase) {
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let url = database.url.clone();
        tasks.spawn(async move { Store::open(&url).await.expect("the database opens") });
    }
    let stores = tasks.join_all().await;
    enrol(&stores[0], 1).await;
    for store in &stores {
        assert_eq!(all_agents(store).await.len(), 1);
    }
}

async fn a_database_of_the_first_release_is_brought_to_this_one(database: &TestDatabase) {
    let old = open::connect(&database.url).await.unwrap();
    migrations::run_first(&old, 1).await;
    let sql = "INSERT INTO settings (version, document, saved_at_ms) VALUES (1, '{}', 5)";
    old.writer.execute_unprepared(sql).await.unwrap();
    old.close().await.unwrap();
    let store = database.open().await;
    assert_eq!(store.settings().all().await.unwrap().len(), 1);
    enrol(&store, 1).await;
    assert_eq!(all_agents(&store).await, [new_agent(1).record]);
}

async fn a_token_of_an_earlier_release_is_told_with_the_uses_that_it_was_made_for(database: &TestDatabase) {
    let old = open::connect(&database.url).await.unwrap();
    migrations::run_first(&old, 6).await;
    let hash = "'0123456789abcdef0123456789abcdef'";
    let hash = match old.writer.get_database_backend() {
        DbBackend::Postgres => format!("{hash}::bytea"),
        _ => format!("CAST({hash} AS BLOB)"),
    };
    for sql in [
        format!(
            "INSERT INTO tokens (hash, domain_id, uses_left, created_at_ms, expires_at_ms, revoked) \
             VALUES ({hash}, 1, 48, 0, 1, false)"
        ),
        format!(
            "INSERT INTO agents (id, name, domain_id, platform, machine_id, agent_version, secret_hash, key_hash, \
             token_id, status, since_ms, cause, applied, enrolled_at_ms) \
             SELECT 1, '', 1, '', '', '', {hash}, {hash}, id, 'pending', 0, 'enrolled', 0, 0 FROM tokens"
        ),
    ] {
        old.writer.execute_unprepared(&sql).await.unwrap();
    }
    old.close().await.unwrap();
    let store = database.open().await;
    let tokens = store.tokens().list(&Scope::All).await.unwrap();
    assert_eq!((tokens[0].uses, tokens[0].uses_left), (49, 48));
}

async fn a_database_of_a_newer_release_is_refused_untouched(database: &TestDatabase) {
    let store = database.open().await;
    store
        .writer
        .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)")
        .await
        .unwrap();
    let error = Store::open(&database.url).await.unwrap_err();
    assert!(!error.is_transient());
    let StoreError::Newer { unknown } = &error else {
        panic!("{error}")
    };
    assert_eq!(unknown, &["m9999_future"]);
    assert!(error.to_string().contains("newer release"), "{error}");
    // The server that has it open goes on.
    enrol(&store, 1).await;
}

async fn an_open_database_gives_a_sign_of_life(database: &TestDatabase) {
    let store = database.open().await;
    store.ping().await.unwrap();
    store.clone().close().await.unwrap();
    assert!(store.ping().await.unwrap_err().is_transient());
}

async fn a_transaction_that_is_dropped_leaves_the_writer_free(database: &TestDatabase) {
    let store = database.open().await;
    for _ in 0..20 {
        let transaction = store.begin().await.unwrap();
        transaction
            .execute_unprepared("DELETE FROM domains")
            .await
            .unwrap();
        drop(transaction);
    }
    enrol(&store, 1).await;
}

#[tokio::test]
async fn a_database_in_memory_works_like_a_file() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    enrol(&store, 1).await;
    let other = Store::open("sqlite::memory:").await.unwrap();
    assert_eq!(all_agents(&store).await.len(), 1);
    assert_eq!(all_agents(&other).await.len(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_a_database_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let database = TestDatabase::sqlite();
    let store = database.open().await;
    enrol(&store, 1).await;
    let mut files = 0;
    for file in std::fs::read_dir(database.folder().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{file:?}"
        );
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test]
async fn what_was_committed_survives_a_killed_process() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    enrol(&store, 3).await;
    // What a process that is killed leaves: the files as they are, nothing closed or checkpointed.
    let left = TestDatabase::sqlite();
    for name in ["rollcall.db", "rollcall.db-wal"] {
        let from = database.folder().unwrap().join(name);
        std::fs::copy(from, left.folder().unwrap().join(name)).unwrap();
    }
    assert_eq!(all_agents(&left.open().await).await.len(), 3);
}

#[tokio::test]
async fn a_folder_with_spaces_and_signs_holds_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b'c");
    std::fs::create_dir(&path).unwrap();
    Store::open(&format!("sqlite://{}/roll call.db", path.display()))
        .await
        .unwrap();
    assert!(path.join("roll call.db").is_file());
}

#[tokio::test]
async fn an_address_that_is_wrong_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite://{}/none/rollcall.db", folder.path().display());
    let error = Store::open(&missing).await.unwrap_err();
    assert!(error.to_string().contains("none/rollcall.db"), "{error}");

    for url in ["mysql://user:hunter2@host/x", "", "rollcall.db"] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Address), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }

    std::fs::write(
        folder.path().join("text.db"),
        "This is no database, but long enough to be one. ".repeat(30),
    )
    .unwrap();
    let url = format!("sqlite://{}/text.db", folder.path().display());
    assert!(Store::open(&url).await.is_err());

    let nobody = "postgres://user:hunter2@localhost/rollcall?host=/nonexistent";
    let error = Store::open(nobody).await.unwrap_err();
    assert!(error.is_transient());
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
