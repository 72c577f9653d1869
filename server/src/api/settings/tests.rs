//! The settings as people and agents are told them.

use serde_json::json;

use crate::api::agent::testing::Server;

#[tokio::test]
async fn what_the_server_was_started_with_is_in_force_and_is_what_agents_are_told() {
    let flags = [
        "--minute",
        "2s",
        "--heartbeat-every",
        "3",
        "--offline-after",
        "8",
        "--poll-every",
        "5",
    ];
    let server = Server::with(&flags).await;
    let settings = server.read("/api/v1/settings").await;
    let saved = settings["saved_at_ms"].as_i64().unwrap();
    let document = json!({ "heartbeat_every": 3, "offline_after": 8, "poll_every": 5 });
    assert_eq!(
        settings,
        json!({ "version": 1, "settings": document, "saved_at_ms": saved, "minute_ms": 2_000 })
    );
    let mut agent = server.agent("web-1").await;
    let told = agent.register(&server).await.json;
    assert_eq!(
        (&told["settings"], &told["minute_ms"]),
        (&document, &json!(2_000))
    );
    let next = told["next_in_ms"].as_u64().unwrap();
    assert!((5_400..=6_000).contains(&next), "rule 15: {next}");
}

#[tokio::test]
async fn a_restart_with_other_flags_keeps_the_settings_that_were_saved() {
    let mut server = Server::on_file(&["--heartbeat-every", "7"]).await;
    let before = server.read("/api/v1/settings").await;
    server.config.settings = rollcall_shared::Settings::default();
    let server = server.restart().await;
    assert_eq!(server.read("/api/v1/settings").await, before);
}
