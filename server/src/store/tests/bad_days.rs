//! Bad days: a process killed while it writes, a full disk, a database that drops its connections.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use rollcall_shared::{Cause, Status};
use sea_orm::{ConnectionTrait, Database};

use super::samples::{NOW, agent_id, all_agents, enrol, make_token, new_agent, transition, write};
use crate::scope::Scope;
use crate::store::journal::Entry;
use crate::store::testing::TestDatabase;
use crate::store::{Store, StoreError};

/// Set for the process that is to be killed: the database that it writes to.
const VICTIM: &str = "ROLLCALL_TEST_VICTIM";

/// A server that enrols agents until it is killed, and says the number of each when it is enrolled. As a
/// test of its own it has nothing to do.
#[tokio::test]
async fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let store = Store::open(&url).await.unwrap();
    make_token(&store, u32::MAX).await;
    for number in 1.. {
        store.agents().enroll(new_agent(number), NOW).await.unwrap();
        // Not print!, which the test harness may keep to itself.
        writeln!(std::io::stdout(), "\nenrolled {number}").unwrap();
    }
}

#[tokio::test]
async fn who_was_enrolled_before_the_server_was_killed_is_enrolled_after() {
    let database = TestDatabase::sqlite();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::bad_days::victim", "--nocapture"])
        .env(VICTIM, &database.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = 0;
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("enrolled ") {
            told = number.parse::<usize>().unwrap();
        }
        if told == 50 {
            break;
        }
    }
    victim.kill().unwrap();
    victim.wait().unwrap();

    assert_eq!(told, 50);
    let store = database.open().await;
    let agents = all_agents(&store).await.len();
    assert!(agents >= told, "{agents} of {told} agents are left");
    let lines = store
        .transitions()
        .page(&Scope::All, None, None, u64::from(u32::MAX))
        .await
        .unwrap();
    assert_eq!(
        lines.len(),
        agents,
        "an agent came without its first line of history"
    );
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_got_over() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    enrol(&store, 1).await;
    // The same error as from a disk without room, at the page where the file ends now.
    store
        .writer
        .execute_unprepared("PRAGMA max_page_count = 1")
        .await
        .unwrap();
    let batch: Vec<Entry> = (100..5_000)
        .map(|number| Entry::Transition(transition(number, agent_id(1), Status::Online, Cause::Restarted)))
        .collect();
    let error = store.journal().write(&batch).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(all_agents(&store).await, [new_agent(1).record]);
    store.ping().await.unwrap();

    store
        .writer
        .execute_unprepared("PRAGMA max_page_count = 1000000")
        .await
        .unwrap();
    write(&store, &batch).await;
    assert_eq!(all_agents(&store).await[0].status, Status::Online);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_gives_no_answer_is_not_waited_for_for_ever() {
    let silent = Store::answered(std::future::pending::<Result<(), StoreError>>()).await;
    assert!(matches!(silent, Err(StoreError::Silent { .. })));
    assert_eq!(Store::answered(async { Ok(7) }).await.unwrap(), 7);
}

#[tokio::test]
async fn a_postgres_that_drops_its_connections_is_found_again() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let store = database.open().await;
    enrol(&store, 1).await;
    let transaction = store.begin().await.unwrap();

    let other = Database::connect(&database.url).await.unwrap();
    let drop_all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
    other.execute_unprepared(drop_all).await.unwrap();

    let lost = StoreError::from(transaction.execute_unprepared("SELECT 1").await.unwrap_err());
    assert!(lost.is_transient(), "{lost:?}");
    drop(transaction);
    write(
        &store,
        &[Entry::Transition(transition(
            100,
            agent_id(1),
            Status::Online,
            Cause::Restarted,
        ))],
    )
    .await;
    assert_eq!(all_agents(&store).await[0].status, Status::Online);
    other.close().await.unwrap();
    database.drop_it().await;
}
