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

#[tokio::test]
async fn an_agent_is_told_the_port_of_the_address_that_it_reached() {
    let mut server = Server::start().await;
    let at = ["127.0.0.1:0", "127.0.0.2:0"].map(|text| text.parse().unwrap());
    let sockets = Sockets::bind(&LoopbackListen::At(at.into()), &[], &[]).unwrap();
    let ports: Vec<u16> = sockets.addresses().map(|address| address.port()).collect();
    server.backend.take_loopback(sockets).unwrap();
    let mut agent = server.agent("web-1").await;
    for (reached, port) in [
        ([127, 0, 0, 1], json!(ports[0])),
        ([127, 0, 0, 2], json!(ports[1])),
        ([127, 0, 0, 3], json!(null)),
    ] {
        let body = agent.register_body();
        let registered = server
            .post("/api/agent/v1/register")
            .header("authorization", &agent.credential())
            .json(&body)
            .to(reached.into())
            .send()
            .await;
        assert_eq!(registered.json["loopback_port"], port, "{registered:?}");
    }
}

#[tokio::test]
async fn a_socket_that_is_lost_is_shown_and_told_to_nobody_and_is_bound_again() {
    let mut server = Server::start().await;
    let at = LoopbackListen::At(vec!["127.0.0.1:0".parse().unwrap()]);
    let sockets = Sockets::bind(&at, &[], &[]).unwrap();
    let port = sockets.addresses().next().unwrap().port();
    let copies = sockets.copies();
    server.backend.take_loopback(sockets).unwrap();
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    wire.send(&packet(&mut agent));
    believed(&wire.receive(), &agent);

    // Whoever waits for it is woken at once from now on, and is given nothing. The copy keeps its address from being bound.
    let _not_connected = rustix::net::shutdown(&copies[0], rustix::net::Shutdown::Both);
    let shown = loop {
        let status = server.read("/api/v1/status").await;
        let parts = status["parts"].as_array().unwrap();
        let shown = parts.iter().find(|one| one["name"] == "loopback");
        let shown = shown.expect("packets are to be taken").clone();
        if shown["wrong"] != Value::Null {
            break shown;
        }
    };
    let wrong = shown["wrong"].as_str().unwrap();
    assert!(wrong.contains(&format!("127.0.0.1:{port}")), "{wrong}");
    assert_eq!(agent.register(&server).await.json["loopback_port"], Value::Null);
    let page = server.get("/metrics").send().await.text;
    assert!(page.contains("rollcall_loopback_sockets_lost_total 1"), "{page}");

    drop(copies);
    while server.backend.app.loopback.judge() != Some(Ok(())) {
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.register(&server).await.json["loopback_port"], port);
    wire.send(&packet(&mut agent));
    believed(&wire.receive(), &agent);
}
