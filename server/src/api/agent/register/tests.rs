//! Registration through the whole API: what a boot learns, and which boot is the current one (rule 8).

use http::StatusCode;
use serde_json::json;

use crate::api::agent::testing::Server;

#[tokio::test]
async fn a_boot_learns_how_to_live_and_its_agent_is_online() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let answer = agent.register(&server).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let next = answer.json["next_in_ms"].as_u64().unwrap();
    assert!((540_000..=600_000).contains(&next), "rule 15: {next}");
    assert_eq!(
        answer.json,
        json!({
            "settings": {
                "unreachable_network": [], "dial_own_addresses_in": [], "heartbeat": true, "heartbeat_scope": "all", "heartbeat_every": 10, "offline_after": 60,
                "poll_every": 30, "verify_every": 15, "inactive_after_days": 30,
                "loopback": "off", "loopback_every_seconds": 25
            },
            "settings_version": 1, "minute_ms": 60_000, "observed_address": "127.0.0.1",
            "reachability": "reachable", "next_in_ms": next,
            "next_poll_in_ms": answer.json["next_poll_in_ms"].as_u64().unwrap(), "epoch": answer.json["epoch"].as_u64().unwrap()
        })
    );

    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    let heard = shown["last_contact"]["at_ms"].as_i64().unwrap();
    assert_eq!(
        shown,
        json!({
            "id": agent.id, "name": "web-1", "domain": 1, "status": "online",
            "since_ms": shown["since_ms"].as_i64().unwrap(),
            "cause": "register.start", "last_contact": { "at_ms": heard, "kind": "register" },
            "address": "127.0.0.1", "platform": "Debian GNU/Linux 12 (bookworm)", "agent_version": "0.1.0",
            "applied": 1
        })
    );
    let history = server.history_of(&agent, 2).await;
    assert_eq!(
        (&history[0]["from"], &history[0]["to"]),
        (&json!("pending"), &json!("online"))
    );
    assert_eq!(
        (&history[1]["from"], &history[1]["to"]),
        (&json!(null), &json!("pending"))
    );
    assert!(history[0]["id"].as_str() > history[1]["id"].as_str());
}

#[tokio::test]
async fn what_the_machine_calls_itself_is_shown_as_it_says_it() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    for name in [
        "büro-7",
        "مكتب",
        "🖥️",
        "'; DROP TABLE agents; --",
        "../../etc/passwd",
        "<b>bold</b>",
    ] {
        agent.name = name.to_owned();
        assert_eq!(agent.register(&server).await.status, StatusCode::OK, "{name}");
        let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
        assert_eq!(shown["name"], name);
    }
}

#[tokio::test]
async fn the_first_call_of_a_boot_has_sequence_1() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut body = agent.register_body();
    body["sequence"] = json!(0);
    let answer = agent.say(&server, "register", &body).await;
    assert_eq!(answer.refused(422, "/problems/invalid"), ["sequence"]);
    assert_eq!(server.status_of(&agent).await, "pending");
}

#[tokio::test]
async fn a_registration_that_is_repeated_is_stale() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let body = agent.register_body();
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
    agent
        .say(&server, "register", &body)
        .await
        .refused(409, "/problems/stale-sequence");
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
}

#[tokio::test]
async fn more_addresses_than_are_read_are_refused_and_fewer_are_not() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    for (count, status) in [(64, 200), (65, 422)] {
        let mut body = agent.register_body();
        body["addresses"] = json!(vec!["10.0.0.1"; count]);
        assert_eq!(
            agent.say(&server, "register", &body).await.status,
            status,
            "{count}"
        );
    }
    let mut body = agent.register_body();
    body.as_object_mut().unwrap().remove("addresses");
    body.as_object_mut().unwrap().remove("local_address");
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_field_of_tomorrow_is_passed_over() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut body = agent.register_body();
    body["tomorrow"] = json!({ "deep": [1, { "er": null }] });
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
}
