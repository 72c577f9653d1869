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
            "applied": 1, "own_address": "10.12.0.20", "addresses": ["fe80::1"]
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
async fn the_other_addresses_of_a_machine_are_shown_also_after_a_restart_and_decide_nothing() {
    let server = Server::on_file(&[]).await;
    let save = json!({ "unreachable_network": ["192.168.7.0/24"] });
    assert_eq!(server.save(&save).await.status, StatusCode::OK);
    let mut agent = server.agent("web-1").await;
    let path = format!("/api/v1/agents/{}", agent.id);
    let mut body = agent.register_body();
    body["addresses"] = json!(["fd77::10", "10.12.0.20", "192.168.7.9", "::ffff:192.168.7.9"]);
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
    let shown = server.read(&path).await;
    assert_eq!(shown["own_address"], "10.12.0.20");
    assert_eq!(shown["addresses"], json!(["192.168.7.9", "fd77::10"]));
    assert_eq!(shown["status"], "online", "rule 14: they are only shown");
    let server = server.restart().await;
    let shown = server.read(&path).await;
    assert_eq!(shown["addresses"], json!(["192.168.7.9", "fd77::10"]));
    assert_eq!(shown["status"], "online");

    // What it does not have any more is not shown any more.
    let mut body = agent.register_body();
    body["addresses"] = json!([]);
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
    assert_eq!(server.read(&path).await["addresses"], json!(null));
    let server = server.restart().await;
    assert_eq!(server.read(&path).await["addresses"], json!(null));
}

#[tokio::test]
async fn a_field_of_tomorrow_is_passed_over() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut body = agent.register_body();
    body["tomorrow"] = json!({ "deep": [1, { "er": null }] });
    assert_eq!(agent.say(&server, "register", &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn rule_2_who_comes_when_too_many_do_is_heard_and_given_a_slot() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let arrivals = &server.backend.app.arrivals;
    let mut others = Vec::new();
    while let Some(taken) = arrivals.take() {
        others.push(taken);
    }

    let answer = agent.register(&server).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.json["type"], "/problems/come-later");
    let slot: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&slot), "{slot}");
    let path = format!("/api/v1/agents/{}", agent.id);
    assert_eq!(server.read(&path).await["status"], "online");

    let answer = agent.poll(&server).await;
    assert_eq!(answer.json["type"], "/problems/come-later");
    assert_eq!(server.read(&path).await["last_contact"]["kind"], "poll");
    assert_eq!(
        agent.heartbeat(&server).await.status,
        StatusCode::OK,
        "costs nothing"
    );

    drop(others);
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    let status = server.read("/api/v1/status").await;
    assert_eq!(status["load"]["sent_away"], 2);
}

#[tokio::test]
async fn who_gives_a_call_up_shows_nothing_of_what_the_server_manages() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let arrivals = &server.backend.app.arrivals;
    let mut before = arrivals.done();
    loop {
        tokio::select! {
            biased;
            // Now and then it waits for nobody.
            answer = agent.register(&server) => assert_eq!(answer.status, StatusCode::OK),
            () = std::future::ready(()) => break,
        }
        before += 1;
    }
    assert_eq!(arrivals.done(), before);
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    assert_eq!(arrivals.done(), before + 1);
    assert_eq!(agent.poll(&server).await.status, StatusCode::OK);
    assert_eq!(arrivals.done(), before + 2);
}
