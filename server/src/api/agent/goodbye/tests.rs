//! Goodbyes through the whole API (rule 10).

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::agent::testing::Server;

#[tokio::test]
async fn an_agent_that_stops_is_offline_at_once() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let answer = agent.goodbye(&server, "stop").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(server.status_of(&agent).await, "offline");
    let history = server.history_of(&agent, 3).await;
    assert_eq!(history[0]["to"], "offline");
    assert_eq!(history[0]["cause"], "goodbye.stop");
}

#[tokio::test]
async fn a_stop_and_a_start_within_a_minute_are_one_restart() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    agent.goodbye(&server, "stop").await;
    "000000b2".clone_into(&mut agent.boot);
    agent.sequence = 0;
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    assert_eq!(server.status_of(&agent).await, "online");
    // The stop is folded into the restart, which leaves three lines of four.
    loop {
        let history = server.history_of(&agent, 3).await;
        if history[0]["cause"] == "restarted" {
            let to: Vec<&Value> = history.iter().map(|line| &line["to"]).collect();
            assert_eq!(to, ["online", "online", "pending"]);
            break;
        }
    }
}

#[tokio::test]
async fn an_agent_that_restarts_stays_online_for_now() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    assert_eq!(
        agent.goodbye(&server, "restart").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(server.status_of(&agent).await, "online");
}

#[tokio::test]
async fn an_agent_that_is_uninstalled_is_retired_and_its_credential_ends() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    assert_eq!(
        agent.goodbye(&server, "uninstall").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(server.status_of(&agent).await, "retired");
    agent.register(&server).await.refused(401, "/problems/retired");
}

#[tokio::test]
async fn a_goodbye_that_is_repeated_or_out_of_turn_is_refused() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    agent
        .goodbye(&server, "stop")
        .await
        .refused(409, "/problems/register-first");
    agent.register(&server).await;
    let mut body = agent.fence();
    body["kind"] = json!("restart");
    assert_eq!(
        agent.say(&server, "goodbye", &body).await.status,
        StatusCode::NO_CONTENT
    );
    agent
        .say(&server, "goodbye", &body)
        .await
        .refused(409, "/problems/stale-sequence");
    body["sequence"] = json!(0);
    let refused = agent.say(&server, "goodbye", &body).await;
    assert_eq!(refused.refused(422, "/problems/invalid"), ["sequence"]);
}
