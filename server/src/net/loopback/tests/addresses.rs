//! From where packets come.

use super::*;

#[tokio::test]
async fn rule_14_a_packet_from_another_address_moves_its_agent_and_its_mapping() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let here = Wire::to(&mut server, "127.0.0.1");
    here.send(&packet(&mut agent));
    believed(&here.receive(), &agent);
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["mapping"]["address"], "127.0.0.1");
    assert_eq!(why["loopback"]["mapping"]["port"], here.local().port());

    let there = Wire::to(&mut server, "127.0.0.9");
    let packet = packet(&mut agent);
    let local = there.local();
    let answer = tokio::task::spawn_blocking(move || {
        there.send(&packet);
        there.receive()
    });
    let answer = answer.await.unwrap();
    assert!(matches!(believed(&answer, &agent).outcome, Says::Echo { mapped, .. } if mapped == local));
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["address"], "127.0.0.9");
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(why["loopback"]["mapping"]["port"], local.port());
    assert_eq!(why["network"]["observed_address"], "127.0.0.9");
}
