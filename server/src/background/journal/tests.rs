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

/// Takes the table of transitions away, or brings it back.
struct Thief(DatabaseConnection);

impl Thief {
    async fn at(server: &Server) -> Self {
        let file = server.config.data.join("rollcall.db");
        Self(
            Database::connect(format!("sqlite://{}", file.display()))
                .await
                .unwrap(),
        )
    }

    async fn takes(&self) {
        self.does("ALTER TABLE transitions RENAME TO taken").await;
    }

    async fn brings_back(&self) {
        self.does("ALTER TABLE taken RENAME TO transitions").await;
    }

    async fn does(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.unwrap();
    }
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
    let thief = Thief::at(&server).await;
    let (_listening, log) = listen();
    thief.takes().await;
    // Presence goes on.
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    failures(&log, 1).await;
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
    assert_eq!(
        agent.goodbye(&server, "stop").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(server.retire(&agent).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.status_of(&agent).await, "retired");
    let waiting = server.backend.app.journal.waiting();
    assert!(waiting >= 4, "{waiting}");
    failures(&log, 1).await;
    thief.brings_back().await;
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
    Thief::at(&server).await.takes().await;
    let app = &server.backend.app;
    let (journal, writer) = journal(app.store.clone());
    journal.push(Entry::Transition(TransitionRecord {
        id: app.engine.next_transition_id(),
        agent: agent.id.parse().unwrap(),
        at_ms: 0,
        from: Some(Status::Pending),
        to: Status::Retired,
        cause: Cause::Retired,
        last_contact: None,
        folds: None,
    }));
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
    let mut last = None;
    for number in 0..entries {
        let id = app.engine.next_transition_id();
        last = Some(id);
        journal.push(Entry::Transition(TransitionRecord {
            id,
            agent: agent.id.parse().unwrap(),
            at_ms: i64::try_from(number).unwrap(),
            from: Some(Status::Online),
            to: if number % 2 == 0 {
                Status::Offline
            } else {
                Status::Online
            },
            cause: Cause::Restarted,
            last_contact: None,
            folds: None,
        }));
    }
    assert_eq!(journal.waiting(), entries);
    let counted = journal.clone();
    let written = tokio::spawn(writer.run(Duration::ZERO));
    drop(journal);
    while counted.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    drop(counted);
    written.await.unwrap();
    assert_eq!(app.store.transitions().greatest_id().await.unwrap(), last);
    let mut status = None;
    let agents = app.store.agents();
    agents
        .load_all(|record| status = Some((record.status, record.since_ms)))
        .await
        .unwrap();
    let last_at = i64::try_from(entries - 1).unwrap();
    assert_eq!(status, Some((Status::Offline, last_at)));
}
