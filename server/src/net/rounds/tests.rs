//! The rounds of a whole backend whose minutes are short.

use rollcall_shared::dial::Purpose;
use serde_json::json;

use crate::api::agent::testing::Server;
use crate::net::testing::Listening;

#[tokio::test]
async fn who_misses_the_news_is_told_at_its_turn_and_then_only_verified() {
    let server = Server::with(&["--minute", "100ms"]).await;
    let mut agent = server.agent("web-1").await;
    let mut listening = Listening::of(&mut agent).await;
    agent.register(&server).await;
    let silent = json!({ "heartbeat": false, "verify_every": 1 });
    assert_eq!(server.save(&silent).await.status, 200);
    drop(listening.taken().await);
    assert_eq!(listening.ordered(&mut agent).await, Purpose::News);
    agent.applied = 2;
    // It is told until it says that it knows, with its next proof.
    while listening.ordered(&mut agent).await == Purpose::News {}
}
