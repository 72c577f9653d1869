//! A token through the whole API, on both databases: a thousand who use it at once.

use std::sync::Arc;

use http::StatusCode;
use tokio::task::JoinSet;

use crate::api::agent::testing::Server;
use crate::store::testing::{TestDatabase, on_every_database};

on_every_database! {
    a_thousand_uses_at_once_of_a_token_for_one_give_one_agent,
}

async fn a_thousand_uses_at_once_of_a_token_for_one_give_one_agent(database: &TestDatabase) {
    let server = Arc::new(Server::at(&database.url).await);
    let (_, token) = server.token(1).await;
    let mut tasks = JoinSet::new();
    for number in 0..1_000 {
        let (server, token) = (Arc::clone(&server), token.clone());
        tasks.spawn(async move { server.enroll(&token, number, &format!("web-{number}")).await });
    }
    let answers = tasks.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.len(), 1);
    for answer in refused {
        assert_eq!(answer.refused(403, "/problems/forbidden"), ["token"]);
    }
    let agents = server.read("/api/v1/agents?limit=1000").await;
    assert_eq!(agents["items"].as_array().unwrap().len(), 1);
    assert_eq!(agents["items"][0]["id"], made[0].json["agent"]);
    let tokens = server.read("/api/v1/tokens").await;
    assert_eq!(
        (&tokens["items"][0]["uses"], &tokens["items"][0]["uses_left"]),
        (&1.into(), &0.into())
    );
    let Ok(server) = Arc::try_unwrap(server) else {
        panic!("somebody still asks")
    };
    server.stop().await;
}
