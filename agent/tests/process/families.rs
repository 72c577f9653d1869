//! IPv4, IPv6, both, and the combinations that cannot be.

use crate::home::{Agent, Home, finish, text};
use crate::namespace::Namespaces;
use crate::skipped::skipped;
use crate::stub::{PATIENCE, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_ipv6_alone_is_as_good_as_one_on_ipv4() {
    if tokio::net::TcpListener::bind("[::1]:0").await.is_err() {
        skipped(
            "a_server_on_ipv6_alone_is_as_good_as_one_on_ipv4",
            "IPv6, if only within this machine",
        );
        return;
    }
    let (stub, home) = (Stub::start_at("::1".parse().unwrap()).await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    let register = stub.nth("register", 1).await;
    assert_eq!(register.body["local_address"], "::1");
    stub.nth("heartbeat", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_addresses_of_a_name_the_one_that_works_is_taken_and_kept() {
    let (mut stub, home) = (Stub::start().await, Home::new());
    // The name has both families, the stub listens on one.
    stub.url = stub.url.replace("127.0.0.1", "localhost");
    home.enrol(&stub).await;
    let _agent = home.run();
    let register = stub.nth("register", 1).await;
    assert_eq!(register.body["local_address"], "127.0.0.1");
    stub.nth("heartbeat", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_meet_is_told_at_enrolment_in_the_log_and_in_the_status() {
    let test = "what_cannot_meet_is_told_at_enrolment_in_the_log_and_in_the_status";
    for (address, server, said) in [
        (
            "198.18.0.2/24",
            "https://[2001:db8::1]",
            "this machine has only IPv4 addresses (198.18.0.2), and 2001:db8::1 has only IPv6",
        ),
        (
            "fd00::2/64",
            "https://192.0.2.1",
            "this machine has only IPv6 addresses (fd00::2), and 192.0.2.1 has only IPv4",
        ),
    ] {
        // One address, and no way out.
        let Some(networks) = Namespaces::make(test, &["island", "nobody"]) else {
            return;
        };
        networks.join("island", "nobody");
        networks.ip("island", &["addr", "add", address, "dev", "eth"]);
        let home = Home::new();
        let line = ["enroll", "--server", server, "--token", "good"];
        let refused = finish(networks.agent("island", &home, &line)).await;
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(text(&refused.stderr).contains(said), "{refused:?}");

        let stub = Stub::start().await;
        let home = Home::new();
        home.enrol(&stub).await;
        let identity = std::fs::read_to_string(home.file("identity.json")).unwrap();
        let moved = identity.replace(&stub.url, server);
        assert_ne!(moved, identity);
        std::fs::write(home.file("identity.json"), moved).unwrap();
        let agent = Agent::start(networks.agent("island", &home, &["run", "--goodbye", "stop"]));
        let (report, _) = tokio::time::timeout(PATIENCE, home.status_once("lost"))
            .await
            .unwrap();
        let error = report["last_error"].as_str().unwrap();
        assert!(
            error.contains(said) && error.contains("Give this machine"),
            "{error}"
        );
        agent.signal(nix::sys::signal::Signal::SIGTERM);
        let (_, log) = agent.end().await;
        assert!(log.contains(said), "{log}");
    }
}
