//! The journal while its database is away; with its files, without room for them, and killed.

mod files;
mod full_disk;
mod hanging_disk;
mod killed;
mod weather;

use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use http::StatusCode;
use rollcall_shared::console_api::BlindReason;
use rollcall_shared::{AgentId, BootId, Cause, ContactKind, Status};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};

use super::writer::BATCH;
use super::*;
use crate::api::agent::testing::{Server, TestAgent};
use crate::store::testing::TestDatabase;
use crate::store::transitions::TransitionRecord;

/// What is logged, line by line.
#[derive(Clone)]
struct Log(mpsc::Sender<String>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A test that has ended listens no more.
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to what this thread logs.
fn listen() -> (tracing::subscriber::DefaultGuard, mpsc::Receiver<String>) {
    let (lines, log) = mpsc::channel();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Log(lines.clone()))
        .finish();
    (tracing::subscriber::set_default(subscriber), log)
}

/// Waits until so many writes have failed.
async fn failures(log: &mpsc::Receiver<String>, count: usize) {
    let mut failed = 0;
    while failed < count {
        match log.try_recv() {
            Ok(line) => failed += usize::from(line.contains("changes wait for the database")),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Fills the database's disk, as far as a table is concerned, or makes room again.
struct Room(DatabaseConnection);

impl Room {
    async fn of(data: &Path) -> Self {
        let file = data.join("rollcall.db");
        Self(
            Database::connect(format!("sqlite://{}", file.display()))
                .await
                .unwrap(),
        )
    }

    /// A table that has used up its numbers answers as a disk without room does (`SQLITE_FULL`).
    async fn ends_for(&self, table: &str) {
        for sql in [
            "CREATE TABLE IF NOT EXISTS full_disk (id INTEGER PRIMARY KEY AUTOINCREMENT, page INTEGER)",
            "INSERT OR IGNORE INTO full_disk VALUES (9223372036854775807, 0)",
            &format!(
                "CREATE TRIGGER no_room BEFORE INSERT ON {table} \
                 BEGIN INSERT INTO full_disk (page) VALUES (0); END"
            ),
        ] {
            self.0.execute_unprepared(sql).await.unwrap();
        }
    }

    /// The numbers that landed, in the order in which they did.
    async fn order(&self) -> Vec<i64> {
        let sql = "SELECT from_ms FROM blind_spans ORDER BY id";
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let rows = self.0.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get("", "from_ms").unwrap())
            .collect()
    }

    async fn is_back(&self) {
        self.0.execute_unprepared("DROP TRIGGER no_room").await.unwrap();
    }
}

/// A journal without files.
fn in_memory(store: Store) -> (Journal, Writer) {
    journal(store, None, Clock::start()).unwrap()
}

/// The store of a data folder.
async fn store_in(data: &Path) -> Store {
    let file = data.join("rollcall.db");
    Store::open(&format!("sqlite://{}", file.display()))
        .await
        .unwrap()
}

/// An entry that can be told from others, about no agent.
fn blind(number: i64) -> Entry {
    Entry::Blind {
        from_ms: number,
        to_ms: number + 1,
        reason: BlindReason::Stalled,
    }
}

/// An agent that says that it has applied a version of the settings.
fn registered(agent: AgentId, applied: u32) -> Entry {
    Entry::Registered {
        agent,
        boot: BootId::from_bits(1).unwrap(),
        name: format!("name {applied}"),
        platform: String::new(),
        machine_id: String::new(),
        agent_version: String::new(),
        address: None,
        applied,
        local_address: None,
        addresses: Vec::new(),
        notify_port: None,
        proof_key: None,
        last_contact: (1, ContactKind::Register),
    }
}

/// The numbers of those that the database has.
async fn landed(store: &Store) -> Vec<i64> {
    let spans = store.blind_spans().overlapping(i64::MIN, i64::MAX).await.unwrap();
    spans.into_iter().map(|span| span.from_ms).collect()
}

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// A change of the agent's status to `to`.
fn change(server: &Server, agent: &TestAgent, at_ms: i64, to: Status) -> Entry {
    Entry::Transition(TransitionRecord {
        id: server.backend.app.engine.next_transition_id(),
        agent: agent.id.parse().unwrap(),
        at_ms,
        from: Some(Status::Pending),
        to,
        cause: Cause::Restarted,
        last_contact: None,
        folds: None,
    })
}

async fn arrived(server: &Server, agent: &TestAgent) -> Vec<String> {
    let history = server.history_of(agent, 0).await;
    let of = |line: &serde_json::Value| line["cause"].as_str().unwrap().to_owned();
    history.iter().rev().map(of).collect()
}

#[tokio::test]
async fn what_happens_while_the_database_is_away_lands_in_order_when_it_is_back() {
    let server = Server::on_file(&[]).await;
    let mut agent = server.agent("web-1").await;
    let disk = Room::of(&server.config.data).await;
    let (_listening, log) = listen();
    disk.ends_for("transitions").await;
    // Presence goes on.
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    failures(&log, 1).await;
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
    assert_eq!(
        agent.goodbye(&server, "stop").await.status,
        StatusCode::NO_CONTENT
    );
    // It holds at once, but is not said to be done before it would survive a crash.
    server.retire(&agent).await.refused(503, "/problems/not-durable");
    assert_eq!(server.status_of(&agent).await, "retired");
    let waiting = server.backend.app.journal.waiting();
    assert!(waiting >= 4, "{waiting}");
    failures(&log, 1).await;
    disk.is_back().await;
    while server.backend.app.journal.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        arrived(&server, &agent).await,
        ["enrolled", "register.start", "goodbye.stop", "retired"]
    );
}

#[tokio::test]
async fn a_postgres_that_is_away_costs_nothing() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let store = database.open().await;
    let data = tempfile::tempdir().unwrap();
    let folder = Some(data.path().join("journal"));
    let (journal, writer) = journal(store.clone(), folder, Clock::start()).unwrap();
    let writing = tokio::spawn(writer.run(Duration::ZERO));
    journal.push(blind(0));
    journal.durable().await;
    database.is_away(true).await;
    for number in 1..5_000 {
        journal.push(blind(number));
    }
    journal.kept().await.unwrap();
    until(|| journal.shared().state.lock().database_fails).await;
    assert_eq!((journal.waiting(), journal.judge()), (4_999, Ok(())));
    database.is_away(false).await;
    journal.durable().await;
    assert_eq!(landed(&store).await, (0..5_000).collect::<Vec<_>>());
    drop(journal);
    writing.await.unwrap();
    store.close().await.unwrap();
    database.drop_it().await;
}

#[tokio::test]
async fn at_the_end_a_database_that_stays_away_is_not_waited_for_for_ever() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    Room::of(&server.config.data).await.ends_for("transitions").await;
    let (journal, writer) = in_memory(server.backend.app.store.clone());
    journal.push(change(&server, &agent, 0, Status::Retired));
    let (_listening, log) = listen();
    drop(journal);
    writer.run(Duration::ZERO).await;
    let said: Vec<String> = log.try_iter().collect();
    assert!(
        said.iter()
            .any(|line| line.contains("changes were not written") && line.contains("lost=1")),
        "{said:?}"
    );
}

#[tokio::test]
async fn more_than_a_batch_lands_in_order() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    let app = &server.backend.app;
    let (journal, writer) = in_memory(app.store.clone());
    let entries = BATCH * 2 + 1;
    for number in 0..entries {
        let to = if number % 2 == 0 {
            Status::Offline
        } else {
            Status::Online
        };
        journal.push(change(&server, &agent, i64::try_from(number).unwrap(), to));
    }
    assert_eq!(journal.waiting(), u64::try_from(entries).unwrap());
    let counted = journal.clone();
    let written = tokio::spawn(writer.run(Duration::ZERO));
    drop(journal);
    while counted.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    drop(counted);
    written.await.unwrap();
    let agents = app.store.agents().all().await.unwrap();
    let status = agents.last().map(|record| (record.status, record.since_ms));
    let last_at = i64::try_from(entries - 1).unwrap();
    assert_eq!(status, Some((Status::Offline, last_at)));
}

#[tokio::test]
async fn an_entry_that_can_never_be_written_keeps_no_other_from_the_disk() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    let (journal, writer) = in_memory(server.backend.app.store.clone());
    journal.push(change(&server, &agent, 1, Status::Online));
    let mut bad = registered(agent.id.parse().unwrap(), 0);
    if let Entry::Registered { name, .. } = &mut bad {
        name.push('\0');
    }
    journal.push(bad);
    journal.push(change(&server, &agent, 2, Status::Offline));
    drop(journal);
    let (_listening, log) = listen();
    writer.run(Duration::ZERO).await;
    let history = server.history_of(&agent, 3).await;
    assert_eq!(
        (&history[0]["to"], &history[1]["to"]),
        (&"offline".into(), &"online".into())
    );
    let said: Vec<String> = log.try_iter().collect();
    assert!(said.iter().any(|line| line.contains("dropped")), "{said:?}");
}
