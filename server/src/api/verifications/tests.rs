//! Verifications through the whole API, with an agent that does not listen. How one goes that does is shown in
//! `net::dial` and, with real agents, in the tests of processes.

use serde_json::json;

use crate::api::agent::testing::Server;

#[tokio::test]
async fn a_verification_that_fails_says_why_and_lowers_nobody() {
    let server = Server::start().await;
    let mut silent = server.online("web-1").await;
    let mut deaf = server.agent("web-2").await;
    // Port 1 of loopback: nothing listens there.
    deaf.notify_port = Some(1);
    deaf.register(&server).await;
    let agents = json!({ "agents": [silent.id, deaf.id, "0000000000001"] });
    let answer = server
        .post("/api/v1/verifications")
        .signed_in()
        .json(&agents)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let outcomes: Vec<_> = answer
        .json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["outcome"])
        .collect();
    assert_eq!(outcomes, ["not_listening", "connection_refused", "no_such_agent"]);
    assert_eq!(server.status_of(&silent).await, "online");
    assert_eq!(server.status_of(&deaf).await, "online");
    let why = server.read(&format!("/api/v1/agents/{}/why", deaf.id)).await;
    assert_eq!(why["verification"]["outcome"], "connection_refused");

    let save = json!({ "unreachable_network": ["10.12.0.0/16"] });
    assert_eq!(server.save(&save).await.status, 200);
    silent.applied = 2;
    silent.heartbeat(&server).await;
    let agents = json!({ "agents": [silent.id] });
    let answer = server
        .post("/api/v1/verifications")
        .signed_in()
        .json(&agents)
        .send()
        .await;
    assert_eq!(answer.json[0]["outcome"], "in_unreachable_network");
}

#[tokio::test]
async fn a_verification_of_nobody_is_refused() {
    let server = Server::start().await;
    let none = json!({ "agents": [] });
    let answer = server
        .post("/api/v1/verifications")
        .signed_in()
        .json(&none)
        .send()
        .await;
    assert_eq!(answer.refused(422, "/problems/invalid"), ["agents"]);
}
