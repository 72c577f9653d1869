//! From where packets come.

use super::*;

#[tokio::test]
async fn rule_14_a_packet_from_another_address_renews_and_notes_its_mapping_and_moves_nobody() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let here = Wire::to(&mut server, "127.0.0.1");
    here.send(&packet(&mut agent));
    believed(&here.receive(), &agent);
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["mapping"]["address"], "127.0.0.1");
    assert_eq!(why["loopback"]["mapping"]["port"], here.local().port());

    // A range around where it comes from now says nothing of the agent.
    let range = json!({ "unreachable_network": ["127.0.0.9"] });
    assert_eq!(server.save(&range).await.status, 200);
    let there = Wire::to(&mut server, "127.0.0.9");
    let heard = last_contact(&server, &agent).await;
    there.send(&packet(&mut agent));
    let answer = there.receive();
    let mapped = there.local();
    assert!(matches!(believed(&answer, &agent).outcome, Says::Echo { mapped: told, .. } if told == mapped));
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["address"], "127.0.0.1");
    assert_eq!(shown["status"], "online");
    assert!(shown["last_contact"]["at_ms"].as_i64() > heard["at_ms"].as_i64());
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["mapping"]["address"], "127.0.0.9");
    assert_eq!(why["loopback"]["mapping"]["port"], mapped.port());
    assert_eq!(why["network"]["observed_address"], "127.0.0.1");

    // Told of another mapping, it registers: that call moves it.
    let body = agent.register_body();
    let registered = server
        .post("/api/agent/v1/register")
        .header("authorization", &agent.credential())
        .json(&body)
        .from([127, 0, 0, 9].into())
        .send()
        .await;
    assert_eq!(registered.status, 200, "{registered:?}");
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["address"], "127.0.0.9");
    assert_eq!(shown["status"], "unreachable_online");
}

#[tokio::test]
async fn an_offline_agent_that_is_back_by_a_packet_from_elsewhere_is_back_where_it_was() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let there = Wire::to(&mut server, "127.0.0.9");
    agent.goodbye(&server, "stop").await;
    let packet = packet(&mut agent);
    let answer = tokio::task::spawn_blocking(move || {
        there.send(&packet);
        there.receive()
    });
    believed(&answer.await.unwrap(), &agent);
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(
        (&shown["status"], &shown["address"]),
        (&json!("online"), &json!("127.0.0.1"))
    );
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["mapping"]["address"], "127.0.0.9");
}

#[tokio::test]
async fn calls_and_packets_by_different_addresses_do_not_move_an_agent_to_and_fro() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let there = Wire::to(&mut server, "127.0.0.9");
    for _ in 0..3 {
        there.send(&packet(&mut agent));
        believed(&there.receive(), &agent);
        assert_eq!(agent.heartbeat(&server).await.status, 200);
    }
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["address"], "127.0.0.1");
    // None of them was news for its owner.
    assert_eq!(counted(&server, "renewed").await, 3);
    assert_eq!(counted(&server, "handed_over").await, 0);
}
