//! The sockets, and what agents are told of them.

use super::*;

#[tokio::test]
async fn an_agent_is_told_the_port_when_it_registers() {
    let mut server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    assert_eq!(agent.register(&server).await.json["loopback_port"], Value::Null);
    let wire = Wire::to(&mut server, "127.0.0.1");
    let port = wire.socket.peer_addr().unwrap().port();
    assert_eq!(agent.register(&server).await.json["loopback_port"], port);
}
