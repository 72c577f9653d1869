//! Heartbeats through the whole API: the credential, and what renews the lease (rule 8).

use http::{StatusCode, header};
use serde_json::json;

use crate::api::agent::testing::{Server, TestAgent};

#[tokio::test]
async fn a_heartbeat_is_told_when_the_next_one_is_due() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let answer = agent.heartbeat(&server).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let next = answer.json["next_in_ms"].as_u64().unwrap();
    assert!((540_000..=600_000).contains(&next), "rule 15: {next}");
    assert_eq!(
        answer.json,
        json!({
            "next_in_ms": next, "settings_version": 1, "poll_now": false,
            "epoch": answer.json["epoch"].as_u64().unwrap()
        })
    );
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["last_contact"]["kind"], "heartbeat");
}

#[tokio::test]
async fn a_boot_that_has_not_registered_is_told_to() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    agent
        .heartbeat(&server)
        .await
        .refused(409, "/problems/register-first");
    assert_eq!(server.status_of(&agent).await, "pending");

    agent.register(&server).await;
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
    let stranger = TestAgent {
        boot: "000000b2".to_owned(),
        ..agent.clone()
    };
    let body = stranger.clone().fence();
    stranger
        .say(&server, "heartbeat", &body)
        .await
        .refused(409, "/problems/register-first");
}

#[tokio::test]
async fn only_a_higher_sequence_renews() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let body = agent.fence();
    assert_eq!(
        agent.say(&server, "heartbeat", &body).await.status,
        StatusCode::OK
    );
    let path = format!("/api/v1/agents/{}", agent.id);
    let heard = server.read(&path).await["last_contact"].clone();
    for sequence in [2, 1] {
        let mut late = body.clone();
        late["sequence"] = json!(sequence);
        agent
            .say(&server, "heartbeat", &late)
            .await
            .refused(409, "/problems/stale-sequence");
    }
    assert_eq!(server.read(&path).await["last_contact"], heard);
    let mut none = body;
    none["sequence"] = json!(0);
    let refused = agent.say(&server, "heartbeat", &none).await;
    assert_eq!(refused.refused(422, "/problems/invalid"), ["sequence"]);
    assert_eq!(refused.json["errors"][0]["allowed"], "1 to 4294967295");
    // A gap is no fault: calls get lost.
    agent.sequence = u32::MAX - 1;
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_superseded_boot_renews_nothing() {
    let server = Server::start().await;
    let mut old = server.online("web-1").await;
    let mut new = TestAgent {
        boot: "000000b2".to_owned(),
        sequence: 0,
        ..old.clone()
    };
    assert_eq!(new.register(&server).await.status, StatusCode::OK);
    assert_eq!(new.heartbeat(&server).await.status, StatusCode::OK);
    let answer = old.heartbeat(&server).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{answer:?}");
    answer.problem();
    // A late goodbye of the old run does not take the new one down (rule 8).
    assert_eq!(old.goodbye(&server, "stop").await.status, StatusCode::CONFLICT);
    assert_eq!(server.status_of(&new).await, "online");
    assert_eq!(new.heartbeat(&server).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_the_right_id_with_the_right_secret_comes_in() {
    let server = Server::start().await;
    let mut one = server.online("web-1").await;
    let other = server.online("web-2").await;
    let body = one.fence();
    let (id, secret) = (&one.id, &one.secret);
    let wrong = "A".repeat(43);
    let unknown = "0".repeat(13);
    let table = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer .".to_owned(),
        format!("Bearer {id}"),
        format!("Bearer {id}."),
        format!("Bearer .{secret}"),
        format!("Bearer {id}.{wrong}"),
        format!("Bearer {id}.{}", other.secret),
        format!("Bearer {unknown}.{secret}"),
        format!("Bearer {id}.{secret}x"),
        format!("Bearer {id}.{}", &secret[1..]),
        format!("Bearer {id}.{}", secret.to_uppercase()),
        format!("Bearer {secret}.{id}"),
        format!("Basic {id}.{secret}"),
        format!("{id}.{secret}"),
        format!("Bearer {}", "x".repeat(8_000)),
        format!("Bearer {}.{secret}", "é".repeat(13)),
    ];
    for credential in table {
        let answer = server
            .post("/api/agent/v1/heartbeat")
            .header(header::AUTHORIZATION.as_str(), &credential)
            .json(&body)
            .send()
            .await;
        let fields = answer.refused(401, "/problems/unauthenticated");
        assert!(fields.is_empty(), "{credential} {answer:?}");
        assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        assert!(!answer.text.contains(secret.as_str()), "{answer:?}");
    }
    let raw = [b"Bearer \xff\xfe".as_slice(), b"\xe9"];
    for credential in raw {
        let mut request = http::Request::post("/api/agent/v1/heartbeat")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        let value = http::HeaderValue::from_bytes(credential).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let response = tower::ServiceExt::oneshot(server.router(), request)
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    // None of that used the sequence up.
    assert_eq!(one.say(&server, "heartbeat", &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_retired_agent_is_told_so_at_every_call() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    assert_eq!(server.retire(&agent).await.status, StatusCode::NO_CONTENT);
    agent.heartbeat(&server).await.refused(401, "/problems/retired");
    agent.register(&server).await.refused(401, "/problems/retired");
    agent
        .goodbye(&server, "stop")
        .await
        .refused(401, "/problems/retired");
    // Whoever does not know the secret is not told what became of the agent.
    agent.secret = "A".repeat(43);
    agent
        .heartbeat(&server)
        .await
        .refused(401, "/problems/unauthenticated");
}

#[tokio::test]
async fn an_agent_that_is_not_heard_goes_offline_and_comes_back_by_its_next_heartbeat() {
    let flags = [
        "--minute",
        "100ms",
        "--heartbeat-every",
        "1",
        "--offline-after",
        "2",
    ];
    let server = Server::with(&flags).await;
    let mut agent = server.online("web-1").await;
    let history = server.history_of(&agent, 3).await;
    assert_eq!(history[0]["to"], "offline");
    assert_eq!(history[0]["cause"], "deadline.0");
    // It may have gone offline once more by the time that it is looked at: so the history tells.
    assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
    let history = server.history_of(&agent, 4).await;
    let back = &history[history.len() - 4];
    assert_eq!(
        (&back["from"], &back["to"]),
        (&json!("offline"), &json!("online"))
    );
}
