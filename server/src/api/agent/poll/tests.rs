//! Polls through the whole API.

use http::StatusCode;
use serde_json::json;

use crate::api::agent::testing::Server;

#[tokio::test]
async fn a_poll_brings_no_settings_to_who_has_them() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let answer = agent.poll(&server).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.json.get("settings").is_none(), "{answer:?}");
    let next = answer.json["next_poll_in_ms"].as_u64().unwrap();
    assert!(
        (77_760_000..=86_400_000).contains(&next),
        "rule 14, once a day: {next}"
    );
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["last_contact"]["kind"], "poll");
}

#[tokio::test]
async fn after_a_save_a_heartbeat_says_poll_now_and_a_poll_brings_the_settings() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let save = json!({ "unreachable_network": ["10.12.0.0/16"], "poll_every": 40 });
    assert_eq!(server.save(&save).await.status, StatusCode::OK);
    let heartbeat = agent.heartbeat(&server).await.json;
    assert_eq!(
        (&heartbeat["poll_now"], &heartbeat["settings_version"]),
        (&json!(true), &json!(2))
    );
    let poll = agent.poll(&server).await.json;
    assert_eq!(poll["settings"]["version"], 2);
    assert_eq!(poll["settings"]["settings"]["poll_every"], 40);
    assert_eq!(
        poll["settings"]["settings"]["unreachable_network"],
        json!([]),
        "agents need no ranges"
    );
    assert_eq!(poll["reachability"], "unreachable");
    let next = poll["next_poll_in_ms"].as_u64().unwrap();
    assert!((2_160_000..=2_400_000).contains(&next), "{next}");

    agent.applied = 2;
    assert_eq!(agent.heartbeat(&server).await.json["poll_now"], false);
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["applied"], 2);
}

#[tokio::test]
async fn who_is_to_send_no_heartbeats_is_told_of_no_next_one() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    assert_eq!(
        server.save(&json!({ "heartbeat": false })).await.status,
        StatusCode::OK
    );
    let poll = agent.poll(&server).await.json;
    assert!(poll.get("next_in_ms").is_none(), "{poll}");
    agent.applied = 2;
    let registered = agent.register(&server).await.json;
    assert!(registered.get("next_in_ms").is_none(), "{registered}");
    assert!(registered["next_poll_in_ms"].is_u64());
}

#[tokio::test]
async fn a_contact_from_another_address_changes_reachability_and_not_presence() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let save = json!({ "unreachable_network": ["203.0.113.0/24"] });
    assert_eq!(server.save(&save).await.status, StatusCode::OK);
    assert_eq!(server.status_of(&agent).await, "online");
    let body = agent.fence();
    let moved = server
        .post("/api/agent/v1/heartbeat")
        .header("authorization", &agent.credential())
        .from("203.0.113.9".parse().unwrap())
        .json(&body)
        .send()
        .await;
    assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
    assert_eq!(server.status_of(&agent).await, "unreachable_online");
    let newest = &server.history_of(&agent, 3).await[0];
    assert_eq!(newest["cause"], "address");
}

#[tokio::test]
async fn a_call_that_does_not_pass_the_fence_moves_nobody() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let save = json!({ "unreachable_network": ["203.0.113.0/24"] });
    assert_eq!(server.save(&save).await.status, StatusCode::OK);
    let elsewhere = || {
        server
            .post("/api/agent/v1/heartbeat")
            .header("authorization", &agent.credential())
            .from("203.0.113.9".parse().unwrap())
    };
    let stale = json!({ "boot": agent.boot, "sequence": agent.sequence, "applied": 1 });
    let refused = elsewhere().json(&stale).send().await;
    refused.refused(409, "/problems/stale-sequence");
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(
        (&shown["address"], &shown["status"]),
        (&json!("127.0.0.1"), &json!("online"))
    );
    let next = json!({ "boot": agent.boot, "sequence": agent.sequence + 1, "applied": 1 });
    assert_eq!(elsewhere().json(&next).send().await.status, StatusCode::OK);
    agent.sequence += 1;
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(
        (&shown["address"], &shown["status"]),
        (&json!("203.0.113.9"), &json!("unreachable_online"))
    );
}

#[tokio::test]
async fn who_left_the_unreachable_network_and_still_sends_heartbeats_is_told_to_poll() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let save = json!({ "heartbeat_scope": "unreachable_network", "unreachable_network": ["127.0.0.1"] });
    assert_eq!(server.save(&save).await.status, StatusCode::OK);
    agent.applied = 2;
    assert_eq!(agent.heartbeat(&server).await.json["poll_now"], false);
    let body = agent.fence();
    let moved = server
        .post("/api/agent/v1/heartbeat")
        .header("authorization", &agent.credential())
        .from("198.51.100.7".parse().unwrap())
        .json(&body)
        .send()
        .await;
    assert_eq!(moved.json["poll_now"], true, "{moved:?}");
}
