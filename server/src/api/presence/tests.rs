//! The last hour, through the whole API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::agent::testing::Server;

/// The last whole minute and the one that is not over: how many of each status there are, `key` by `key`.
fn latest(hour: &Value, key: &str) -> u64 {
    let minutes = hour["minutes"].as_array().unwrap();
    assert_eq!(minutes.len(), 60, "{hour}");
    minutes[59]["counts"][key].as_u64().unwrap()
}

fn first(hour: &Value) -> u64 {
    let counts = hour["minutes"][0]["counts"].as_object().unwrap();
    counts.values().filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn an_hour_has_who_is_there_now_and_nobody_before_they_came() {
    let server = Server::start().await;
    let empty = server.read("/api/v1/presence/hour").await;
    assert_eq!((latest(&empty, "online"), empty["blind"].clone()), (0, json!([])));

    let agent = server.online("web-1").await;
    let mut gone = server.online("web-2").await;
    assert_eq!(gone.goodbye(&server, "stop").await.status, StatusCode::NO_CONTENT);
    server.history_of(&agent, 2).await;
    server.history_of(&gone, 3).await;
    let hour = server.read("/api/v1/presence/hour").await;
    assert_eq!((latest(&hour, "online"), latest(&hour, "offline")), (1, 1));
    assert_eq!(first(&hour), 0, "they were enrolled within the hour");
}

#[tokio::test]
async fn rule_6_the_time_in_which_the_server_was_away_is_told_apart() {
    let server = Server::on_file(&[]).await;
    server.online("web-1").await;
    let server = server.restart().await;
    let hour = loop {
        let hour = server.read("/api/v1/presence/hour").await;
        // It is written behind. The test harness ends a test that waits in vain.
        if hour["blind"] != json!([]) {
            break hour;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(hour["blind"][0]["reason"], "away");
    assert_eq!(latest(&hour, "online"), 1);
}

#[tokio::test]
async fn nobody_who_is_not_signed_in_is_told() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/presence/hour").send().await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
