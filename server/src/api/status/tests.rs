//! What the server says of itself, through the whole API.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::api::agent::testing::Server;

#[tokio::test]
async fn an_agent_that_went_quiet_is_measured_from_its_deadline() {
    let flags = [
        "--minute",
        "100ms",
        "--heartbeat-every",
        "1",
        "--offline-after",
        "2",
    ];
    let server = Server::with(&flags).await;
    let mut agent = server.agent("web-1").await;
    assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    let path = format!("/api/v1/agents/{}", agent.id);
    while server.read(&path).await["status"] != "offline" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let status = server.read("/api/v1/status").await;
    assert_eq!(status["noticed"]["count"], 1);
    assert!(status["noticed"]["worst_us"].as_u64() > Some(0), "{status}");
    assert_eq!(status["told"]["count"], 0, "nobody watches");
    assert_eq!(
        status["parts"],
        json!([{ "name": "database" }, { "name": "disk" }, { "name": "presence" }])
    );
}

#[tokio::test]
async fn rule_6_after_a_restart_the_picture_is_complete_when_all_were_heard() {
    let server = Server::on_file(&[]).await;
    let mut agent = server.agent("web-1").await;
    let mut other = server.agent("web-2").await;
    for agent in [&mut agent, &mut other] {
        assert_eq!(agent.register(&server).await.status, StatusCode::OK);
    }
    let before = server.read("/api/v1/status").await["picture"].clone();
    assert_eq!(before, json!({ "online": 2, "unheard": 0 }));

    let server = server.restart().await;
    let status = server.read("/api/v1/status").await;
    let picture = &status["picture"];
    assert_eq!((&picture["online"], &picture["unheard"]), (&json!(2), &json!(2)));
    let complete_by = picture["complete_by_ms"].as_i64().unwrap();
    assert!(complete_by > status["now_ms"].as_i64().unwrap());

    for (agent, unheard) in [(&mut agent, 1), (&mut other, 0)] {
        assert_eq!(agent.heartbeat(&server).await.status, StatusCode::OK);
        let picture = server.read("/api/v1/status").await["picture"].clone();
        assert_eq!(picture["unheard"], unheard);
    }
    let picture = server.read("/api/v1/status").await["picture"].clone();
    assert_eq!(picture, json!({ "online": 2, "unheard": 0 }));
}
