//! The journal while its database is away.

use std::io;
use std::sync::mpsc;

use http::StatusCode;
use rollcall_shared::{Cause, Status};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

use super::*;
use crate::api::agent::testing::{Server, TestAgent};
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

/// Fills the disk, as far as transitions are concerned, or makes room again.
struct Disk(DatabaseConnection);

impl Disk {
    async fn of(server: &Server) -> Self {
        let file = server.config.data.join("rollcall.db");
        Self(
            Database::connect(format!("sqlite://{}", file.display()))
                .await
                .unwrap(),
        )
    }

    /// A table that has used up its numbers answers as a disk without room does (`SQLITE_FULL`).
    async fn fills(&self) {
        for sql in [
            "CREATE TABLE full_disk (id INTEGER PRIMARY KEY AUTOINCREMENT, page INTEGER)",
            "INSERT INTO full_disk VALUES (9223372036854775807, 0)",
            "CREATE TRIGGER no_room BEFORE INSERT ON transitions \
             BEGIN INSERT INTO full_disk (page) VALUES (0); END",
        ] {
            self.0.execute_unprepared(sql).await.unwrap();
        }
    }

    async fn has_room_again(&self) {
        self.0.execute_unprepared("DROP TRIGGER no_room").await.unwrap();
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
    let disk = Disk::of(&server).await;
    let (_listening, log) = listen();
    disk.fills().await;
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
    disk.has_room_again().await;
    while server.backend.app.journal.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        arrived(&server, &agent).await,
        ["enrolled", "register.start", "goodbye.stop", "retired"]
    );
}

#[tokio::test]
async fn at_the_end_a_database_that_stays_away_is_not_waited_for_for_ever() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    Disk::of(&server).await.fills().await;
    let (journal, writer) = journal(server.backend.app.store.clone());
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
    let (journal, writer) = journal(app.store.clone());
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
    let mut status = None;
    let agents = app.store.agents();
    agents
        .load_all(|record| status = Some((record.status, record.since_ms)))
        .await
        .unwrap();
    let last_at = i64::try_from(entries - 1).unwrap();
    assert_eq!(status, Some((Status::Offline, last_at)));
}

#[tokio::test]
async fn an_entry_that_can_never_be_written_keeps_no_other_from_the_disk() {
    let server = Server::on_file(&[]).await;
    let agent = server.agent("web-1").await;
    let (journal, writer) = journal(server.backend.app.store.clone());
    journal.push(change(&server, &agent, 1, Status::Online));
    journal.push(Entry::Registered {
        agent: agent.id.parse().unwrap(),
        boot: agent.boot.parse().unwrap(),
        name: "a\0b".to_owned(),
        platform: String::new(),
        machine_id: String::new(),
        agent_version: String::new(),
        address: None,
        applied: 0,
        last_contact: (1, rollcall_shared::ContactKind::Register),
    });
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
