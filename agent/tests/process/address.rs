//! A machine that is given another address.

use crate::home::{Agent, Home};
use crate::namespace::Namespaces;
use crate::stub::Stub;

/// Of the range that RFC 2544 keeps for tests.
const SERVER: &str = "198.18.0.1";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_address_changes_registers_again_from_the_new_one() {
    let test = "an_agent_whose_address_changes_registers_again_from_the_new_one";
    let Some(networks) = Namespaces::make(test, &["server", "agent"]) else {
        return;
    };
    networks.join("server", "agent");
    networks.ip("server", &["addr", "add", "198.18.0.1/24", "dev", "eth"]);
    networks.ip("agent", &["addr", "add", "198.18.0.2/24", "dev", "eth"]);
    let listener = networks.listen("server", SERVER.parse().unwrap());
    let (stub, home) = (Stub::on(listener), Home::new());
    let line = [
        "enroll",
        "--server",
        &stub.url,
        "--token",
        "good",
        "--allow-plain-http",
        "--run",
    ];
    let mut command = networks.agent("agent", &home, &line);
    command.env("ROLLCALL_ALLOW_PLAIN_HTTP", "1");
    let _agent = Agent::start(command);
    let first = stub.nth("register", 1).await;
    assert_eq!(first.body["local_address"], "198.18.0.2");
    stub.nth("heartbeat", 1).await;
    networks.ip("agent", &["addr", "del", "198.18.0.2/24", "dev", "eth"]);
    networks.ip("agent", &["addr", "add", "198.18.0.3/24", "dev", "eth"]);
    let again = stub.nth("register", 2).await;
    assert_eq!((again.reason(), again.boot()), ("address_changed", first.boot()));
    assert_eq!(again.body["local_address"], "198.18.0.3");
}
