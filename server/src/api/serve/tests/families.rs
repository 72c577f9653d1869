//! Both families of addresses, and which of its own a server was reached at.

use super::*;

#[tokio::test]
async fn both_families_may_be_listened_on_at_the_same_port() {
    let free = TcpListener::bind("[::]:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let each = [format!("0.0.0.0:{port}"), format!("[::]:{port}")];
    let flags = ["rollcall-server", "--listen", &each[0], "--listen", &each[1]];
    let config = Config::load(flags, |_| None).unwrap();
    let _running = start(&config, router(), None);
    for address in ["127.0.0.1", "::1"] {
        let address = SocketAddr::new(address.parse().unwrap(), port);
        assert!(exchange(address, CLOSE).await.ends_with("here"), "{address}");
    }
}

#[tokio::test]
async fn it_is_known_which_address_was_reached_unless_a_proxy_reached_it() {
    let router = || {
        let reached = |peer: Peer| async move { format!("{:?}", peer.reached) };
        Router::new().route("/", get(reached))
    };
    let args = |flags: &[&str]| {
        let all = ["rollcall-server", "--listen", "[::]:0"].iter().chain(flags);
        Config::load(all, |_| None).unwrap()
    };
    let running = start(&args(&[]), router(), None);
    for address in ["127.0.0.1", "127.0.0.2", "::1"] {
        let address = SocketAddr::new(address.parse().unwrap(), running.address.port());
        let answer = exchange(address, CLOSE).await;
        assert!(answer.ends_with(&format!("Some({})", address.ip())), "{answer}");
    }
    let trusting = start(&args(&["--trusted-proxy", "127.0.0.1"]), router(), None);
    let ask = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\nConnection: close\r\n\r\n";
    let at = SocketAddr::from(([127, 0, 0, 1], trusting.address.port()));
    assert!(exchange(at, ask).await.ends_with("None"));
}
