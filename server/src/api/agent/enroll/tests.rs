//! Enrolment through the whole API: what a token opens, and that a lost answer costs nothing.

use std::sync::Arc;

use http::StatusCode;
use rollcall_shared::DomainId;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::agent::testing::{Answer, Server, enroll_body};
use crate::auth::secret::hash_of;

async fn agents(server: &Server) -> Vec<Value> {
    server.read("/api/v1/agents").await["items"]
        .as_array()
        .unwrap()
        .clone()
}

async fn uses_left(server: &Server) -> Value {
    server.read("/api/v1/tokens").await["items"][0]["uses_left"].clone()
}

#[tokio::test]
async fn a_machine_with_a_token_becomes_a_pending_agent() {
    let server = Server::start().await;
    let (_, token) = server.token(2).await;
    let answer = server.enroll(&token, 1, "  web-1 ").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let id = answer.json["agent"].as_str().unwrap();
    let secret = answer.json["secret"].as_str().unwrap();
    assert_eq!((id.len(), secret.len()), (13, 43));
    assert_eq!(answer.json.as_object().unwrap().len(), 3, "{answer:?}");
    assert!(answer.json["epoch"].is_u64());

    let mut listed = agents(&server).await;
    assert_eq!(listed.len(), 1);
    let since = listed[0]["since_ms"].take();
    assert!(since.as_i64().unwrap() > 0);
    assert_eq!(
        listed[0],
        json!({
            "id": id, "name": "web-1", "domain": 1, "status": "pending", "since_ms": null,
            "cause": "enrolled", "last_contact": null, "address": null,
            "platform": "Debian GNU/Linux 12 (bookworm)", "agent_version": "", "applied": 0
        })
    );
    assert_eq!(uses_left(&server).await, 1);
}

#[tokio::test]
async fn the_secret_is_kept_nowhere_and_shown_once() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    for path in [
        "/api/v1/agents",
        "/api/v1/transitions",
        "/api/v1/tokens",
        "/api/v1/settings",
    ] {
        let shown = server.read(path).await.to_string();
        assert!(!shown.contains(&agent.secret), "{path}");
    }
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_at_no_further_use_of_the_token() {
    let server = Server::start().await;
    let (number, token) = server.token(2).await;
    let first = server.enroll(&token, 1, "web-1").await;
    let body = enroll_body(&token, 1, "web-1");
    let mut shouted = body.clone();
    shouted["key"] = json!(body["key"].as_str().unwrap().to_uppercase());
    for body in [&body, &shouted] {
        let again = server.post("/api/agent/v1/enroll").json(body).send().await;
        assert_eq!(again.status, StatusCode::CREATED);
        assert_eq!(again.json["agent"], first.json["agent"]);
        assert_eq!(again.json["secret"], first.json["secret"]);
    }
    assert_eq!(uses_left(&server).await, 1);
    assert_eq!(agents(&server).await.len(), 1);

    // Also when the token opens nothing new any more: the answer was lost, not the right to it.
    server.enroll(&token, 2, "web-2").await;
    assert_eq!(
        server.enroll(&token, 1, "web-1").await.json["secret"],
        first.json["secret"]
    );
    let path = format!("/api/v1/tokens/{number}");
    let revoked = server.ask(http::Method::DELETE, &path).signed_in().send().await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    // Revoking takes back what was given away: nobody is told anything by it any more.
    server
        .enroll(&token, 1, "web-1")
        .await
        .refused(403, "/problems/forbidden");
}

#[tokio::test]
async fn a_token_that_nobody_made_opens_nothing() {
    let server = Server::start().await;
    for token in [
        "rct_",
        "x",
        &format!("rct_{}", "A".repeat(43)),
        "'; DROP TABLE tokens; --",
    ] {
        let answer = server.enroll(token, 1, "web-1").await;
        let fields = answer.refused(401, "/problems/unauthenticated");
        assert_eq!(fields, ["token"]);
        assert!(token.len() < 5 || !answer.text.contains(token), "{answer:?}");
    }
    assert_eq!(agents(&server).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_token_that_is_spent_says_why() {
    let server = Server::start().await;
    let (_, used_up) = server.token(1).await;
    server.enroll(&used_up, 1, "web-1").await;
    let (number, revoked) = server.token(1).await;
    let path = format!("/api/v1/tokens/{number}");
    server.ask(http::Method::DELETE, &path).signed_in().send().await;
    let expired = "rct_made long ago";
    server
        .backend
        .app
        .store
        .tokens()
        .create(hash_of(expired), DomainId::ROOT, 1, 0, 1, None)
        .await
        .unwrap();
    for (token, why) in [
        (used_up.as_str(), "is used up"),
        (&revoked, "was revoked"),
        (expired, "has expired"),
    ] {
        let answer = server.enroll(token, 2, "web-2").await;
        assert_eq!(answer.refused(403, "/problems/forbidden"), ["token"]);
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
        assert!(!answer.text.contains(token), "{answer:?}");
    }
    assert_eq!(agents(&server).await.len(), 1);
}

#[tokio::test]
async fn a_retired_agent_is_not_enrolled_again_by_its_old_key() {
    let server = Server::start().await;
    let (_, token) = server.token(5).await;
    let mut agent = server.agent("web-1").await;
    agent.register(&server).await;
    let enrolled = server.enroll(&token, 9, "web-9").await;
    let path = format!(
        "/api/v1/agents/{}/retire",
        enrolled.json["agent"].as_str().unwrap()
    );
    server.post(&path).signed_in().send().await;
    // Retirement is written behind.
    while server.read("/api/v1/transitions").await["items"][0]["to"] != "retired" {
        tokio::task::yield_now().await;
    }
    server
        .enroll(&token, 9, "web-9")
        .await
        .refused(403, "/problems/forbidden");
    assert_eq!(
        server.enroll(&token, 10, "web-9").await.status,
        StatusCode::CREATED
    );
}

/// Enrols with each of these keys at once.
async fn at_once(server: &Arc<Server>, token: &str, keys: impl Iterator<Item = u64>) -> Vec<Answer> {
    let mut asked = JoinSet::new();
    for key in keys {
        let (server, token) = (Arc::clone(server), token.to_owned());
        asked.spawn(async move { server.enroll(&token, key, "web-1").await });
    }
    asked.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_at_once_with_a_token_for_one_one_is_enrolled() {
    let server = Arc::new(Server::on_file(&[]).await);
    let (_, token) = server.token(1).await;
    let answers = at_once(&server, &token, 0..50).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((made.len(), refused.len()), (1, 49));
    for answer in refused {
        answer.refused(403, "/problems/forbidden");
    }
    assert_eq!(agents(&server).await.len(), 1);
    assert_eq!(uses_left(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_with_the_same_key_are_one_agent() {
    let server = Arc::new(Server::on_file(&[]).await);
    let (_, token) = server.token(20).await;
    let answers = at_once(&server, &token, std::iter::repeat_n(1, 20)).await;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.json["agent"], answers[0].json["agent"]);
        assert_eq!(answer.json["secret"], answers[0].json["secret"]);
    }
    assert_eq!(agents(&server).await.len(), 1);
    assert_eq!(uses_left(&server).await, 19);
    let history = server.read("/api/v1/transitions").await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
}
