//! History as people are shown it.

use serde_json::{Value, json};

use crate::api::agent::testing::Server;

#[tokio::test]
async fn a_change_is_told_with_its_agent_its_time_and_its_cause() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    let history = server.history_of(&agent, 2).await;
    let at = history[0]["at_ms"].as_i64().unwrap();
    assert_eq!(
        history[0],
        json!({
            "id": history[0]["id"].as_str().unwrap(), "agent": agent.id, "name": "web-1", "at_ms": at,
            "from": "pending", "to": "online", "cause": "register.start"
        })
    );
    assert!(at >= history[1]["at_ms"].as_i64().unwrap());
}

#[tokio::test]
async fn pages_go_back_in_time_without_gap_or_overlap() {
    let server = Server::start().await;
    let mut one = server.online("web-1").await;
    let other = server.online("web-2").await;
    one.goodbye(&server, "stop").await;
    server.history_of(&one, 3).await;
    server.history_of(&other, 2).await;
    let whole = server.read("/api/v1/transitions").await["items"].clone();
    let all = whole.as_array().unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|newer, older| newer["id"].as_str() > older["id"].as_str()));
    for size in [1, 2, 4, 5, 6] {
        let mut seen: Vec<Value> = Vec::new();
        let mut path = format!("/api/v1/transitions?limit={size}");
        loop {
            let page = server.read(&path).await;
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/transitions?limit={size}&before={next}");
        }
        assert_eq!(&seen, all, "{size} a page");
    }
    let of_one = server
        .read(&format!("/api/v1/transitions?agent={}&limit=1", other.id))
        .await;
    assert_eq!(of_one["items"][0]["name"], "web-2");
    let nobody = server.read("/api/v1/transitions?agent=0000000000001").await;
    assert_eq!(nobody, json!({ "items": [] }));
}
