//! Stopping and starting again on the same database (rule 6): nothing is forgotten, and nothing is made up.

use http::StatusCode;
use serde_json::Value;

use super::*;
use crate::api::agent::testing::{Server, TestAgent};

/// All of history, newest first.
async fn history(server: &Server) -> Value {
    server.read("/api/v1/transitions?limit=1000").await["items"].clone()
}

async fn statuses(server: &Server, agents: &[&TestAgent]) -> Vec<String> {
    let mut statuses = Vec::new();
    for agent in agents {
        statuses.push(server.status_of(agent).await);
    }
    statuses
}

#[tokio::test]
async fn a_restart_changes_nobody_and_writes_no_history() {
    let server = Server::on_file(&[]).await;
    let mut online = server.online("web-1").await;
    online.heartbeat(&server).await;
    let mut stopped = server.online("web-2").await;
    stopped.goodbye(&server, "stop").await;
    let mut pending = server.agent("web-3").await;
    let mut retired = server.online("web-4").await;
    server.retire(&retired).await;
    for (agent, entries) in [(&online, 2), (&stopped, 3), (&pending, 1), (&retired, 3)] {
        server.history_of(agent, entries).await;
    }
    let all = [&online, &stopped, &pending, &retired];
    let (before, told) = (history(&server).await, statuses(&server, &all).await);
    assert_eq!(told, ["online", "offline", "pending", "retired"]);
    let listed = server.read("/api/v1/agents").await;

    let server = server.restart().await;
    assert_eq!(statuses(&server, &all).await, told);
    assert_eq!(history(&server).await, before);
    // Who was signed in still is, and the setup link stays closed.
    assert!(server.backend.setup.is_none());
    let again = server.read("/api/v1/agents").await;
    for (now, then) in again["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(listed["items"].as_array().unwrap())
    {
        for field in [
            "id",
            "name",
            "status",
            "since_ms",
            "cause",
            "platform",
            "address",
            "agent_version",
        ] {
            assert_eq!(now[field], then[field], "{field}");
        }
    }

    // An online agent does not notice.
    assert_eq!(online.heartbeat(&server).await.status, StatusCode::OK);
    retired.heartbeat(&server).await.refused(401, "/problems/retired");
    pending
        .heartbeat(&server)
        .await
        .refused(409, "/problems/register-first");
    assert_eq!(history(&server).await, before);
    assert_eq!(stopped.register(&server).await.status, StatusCode::OK);
    let back = server.history_of(&stopped, 4).await;
    assert_eq!((&back[0]["to"], back.len()), (&Value::from("online"), 4));
}

#[tokio::test]
async fn what_happened_just_before_the_stop_is_in_the_database_after_it() {
    let server = Server::on_file(&[]).await;
    let mut agents = Vec::new();
    for number in 0..20 {
        agents.push(server.agent(&format!("web-{number}")).await);
    }
    for agent in &mut agents {
        agent.register(&server).await;
    }
    agents[0].goodbye(&server, "uninstall").await;
    let server = server.restart().await;
    let written = history(&server).await;
    assert_eq!(written.as_array().unwrap().len(), 20 + 20 + 1, "{written:?}");
    assert_eq!(server.status_of(&agents[0]).await, "retired");
    agents[0]
        .heartbeat(&server)
        .await
        .refused(401, "/problems/retired");
    for agent in &mut agents[1..] {
        assert_eq!(server.status_of(agent).await, "online");
        assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn transitions_after_a_restart_come_after_those_before_it() {
    let server = Server::on_file(&[]).await;
    let mut agent = server.online("web-1").await;
    let mut server = server;
    for round in 1..=3 {
        server = server.restart().await;
        agent.goodbye(&server, "stop").await;
        agent.boot = format!("{:08x}", 0xb1 + round);
        agent.sequence = 0;
        assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    }
    let server = server.restart().await;
    let all = history(&server).await;
    let all = all.as_array().unwrap();
    assert!(all.is_sorted_by(|newer, older| newer["id"].as_str() > older["id"].as_str()));
    assert_eq!(all[0]["to"], "online");
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_enrolment_whose_answer_was_lost_is_asked_for_again_after_a_restart() {
    let server = Server::on_file(&[]).await;
    let (_, token) = server.token(1).await;
    let first = server.enroll(&token, 5, "web-1").await;
    let server = server.restart().await;
    let again = server.enroll(&token, 5, "web-1").await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(
        (&again.json["agent"], &again.json["secret"]),
        (&first.json["agent"], &first.json["secret"])
    );
}

#[tokio::test]
async fn a_console_that_opens_after_a_restart_is_shown_the_latest_changes() {
    let server = Server::on_file(&[]).await;
    server.online("web-1").await;
    let server = server.restart().await;
    let opening = server.backend.app.hub.subscribe(&Scope::All).opening;
    let last: rollcall_shared::feed::ToConsole = postcard::from_bytes(opening.last().unwrap()).unwrap();
    let rollcall_shared::feed::ToConsole::Snapshot {
        rows, transitions, ..
    } = last
    else {
        panic!("{last:?}")
    };
    assert_eq!((rows.len(), transitions.len()), (1, 2));
    assert_eq!(
        (rows[0].status, transitions[0].to),
        (Status::Online, Status::Online)
    );
}

#[tokio::test]
async fn a_key_that_was_damaged_is_said_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let config = Config::load(["rollcall-server", "--data", data], |_| None).unwrap();
    let key = folder.path().join("server.key");
    std::fs::write(&key, b"too short").unwrap();
    let line = EnrollLine {
        program: "rollcall-agent".to_owned(),
        server_url: "http://127.0.0.1".to_owned(),
        fingerprint: None,
    };
    let store = Store::open("sqlite::memory:").await.unwrap();
    let started = Backend::start(&config, Clock::start(), store, line, "abc").await;
    assert!(matches!(
        started.err(),
        Some(StartError::MasterKey(MasterKeyError::Damaged { given: 9, .. }))
    ));
    assert_eq!(std::fs::read(&key).unwrap(), b"too short");
}
