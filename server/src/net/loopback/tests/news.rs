//! What answers say besides, and what is noted of it.

use super::*;

#[tokio::test]
async fn the_answer_says_that_there_is_something_to_poll_for() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    let all = json!({ "loopback": "all", "loopback_every_seconds": 10 });
    assert_eq!(server.save(&all).await.status, 200);
    wire.send(&packet(&mut agent));
    let answer = wire.receive();
    let news = News {
        settings_version: 2,
        poll_now: true,
    };
    let Says::Echo { news: told, .. } = believed(&answer, &agent).outcome else {
        panic!("an echo");
    };
    assert_eq!(told, Some(news));
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["every_ms"], 10_000);
    assert_eq!(why["loopback"]["is_overdue"], false);
    assert_eq!(why["proofs"][0]["path"], "loopback");
}

#[tokio::test]
async fn rule_5_a_packet_tells_what_its_agent_applied() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    assert_eq!(server.save(&json!({ "poll_every": 31 })).await.status, 200);
    agent.applied = 2;
    let packet = packet(&mut agent);
    let answer = tokio::task::spawn_blocking(move || {
        wire.send(&packet);
        wire.receive()
    });
    believed(&answer.await.unwrap(), &agent);
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["applied"], 2);
}

#[tokio::test]
async fn a_packet_waits_for_nobody_who_looks_at_what_is_under_way() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    assert_eq!(server.save(&json!({ "poll_every": 31 })).await.status, 200);
    let outbox = server.backend.app.outbox.clone();
    {
        let _held_up = outbox.held_up();
        wire.send(&packet(&mut agent));
        let answer = wire.receive();
        let Says::Echo { news: Some(news), .. } = believed(&answer, &agent).outcome else {
            panic!("an echo with news");
        };
        assert!(news.poll_now);
    }
    let id = agent.id.parse().unwrap();
    while !outbox.is_prompted(id) {
        // Whoever notes it is a task of this runtime.
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.poll(&server).await.status, 200);
    let path = format!("/api/v1/agents/{}/notifications", agent.id);
    let told = server.read(&path).await;
    assert_eq!(told["items"][0]["way"], "contact", "{told}");
}
