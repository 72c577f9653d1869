//! A machine that is given another address, as a network namespace of its own.

use std::process::Command;

use crate::home::{Agent, Home};
use crate::skipped::{skipped, tool};
use crate::stub::Stub;

/// A namespace that is joined to this one by a pair of interfaces.
struct Network {
    name: String,
    /// The third byte of its addresses, so that two runs at once do not meet.
    third: u32,
}

impl Network {
    /// Says what is missing where this may not be done here.
    fn lay() -> Result<Self, String> {
        let name = format!("rc{}", std::process::id());
        ip(&["netns", "add", &name])?;
        let network = Self {
            name,
            third: std::process::id() % 256,
        };
        let (near, far) = (network.near(), format!("{}b", network.name));
        ip(&[
            "link",
            "add",
            &near,
            "type",
            "veth",
            "peer",
            "name",
            &far,
            "netns",
            &network.name,
        ])?;
        ip(&["addr", "add", &network.with_width(1), "dev", &near])?;
        ip(&["link", "set", &near, "up"])?;
        network.far(&["addr", "add", &network.with_width(2)])?;
        ip(&["-n", &network.name, "link", "set", &far, "up"])?;
        Ok(network)
    }

    fn near(&self) -> String {
        format!("{}a", self.name)
    }

    /// An address on the cable: of the range that RFC 2544 keeps for tests.
    fn address(&self, last: u8) -> String {
        format!("198.18.{}.{last}", self.third)
    }

    fn with_width(&self, last: u8) -> String {
        format!("{}/24", self.address(last))
    }

    /// Changes the far end.
    fn far(&self, arguments: &[&str]) -> Result<(), String> {
        let device = format!("{}b", self.name);
        ip(&[&["-n", &self.name], arguments, &["dev", &device]].concat())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // First the cable: the namespace may live on for as long as a connection in it waits to be closed.
        let _ = ip(&["link", "del", &self.near()]);
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    tool(Command::new("ip").args(arguments))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_address_changes_registers_again_from_the_new_one() {
    let network = match Network::lay() {
        Ok(network) => network,
        Err(missing) => {
            skipped(&format!("a network namespace needs root and iproute2: {missing}"));
            return;
        }
    };
    let (stub, home) = (
        Stub::start_at(network.address(1).parse().unwrap()).await,
        Home::new(),
    );
    let mut command = tokio::process::Command::new("ip");
    command
        .env("ROLLCALL_ALLOW_PLAIN_HTTP", "1")
        .args([
            "netns",
            "exec",
            &network.name,
            env!("CARGO_BIN_EXE_rollcall-agent"),
        ])
        .args([
            "enroll",
            "--server",
            &stub.url,
            "--token",
            "good",
            "--allow-plain-http",
            "--run",
            "--state",
        ])
        .arg(home.state())
        .kill_on_drop(true);
    let _agent = Agent::start(command);
    let first = stub.nth("register", 1).await;
    assert_eq!(first.body["local_address"], network.address(2));
    stub.nth("heartbeat", 1).await;
    network.far(&["addr", "del", &network.with_width(2)]).unwrap();
    network.far(&["addr", "add", &network.with_width(3)]).unwrap();
    let again = stub.nth("register", 2).await;
    assert_eq!((again.reason(), again.boot()), ("address_changed", first.boot()));
    assert_eq!(again.body["local_address"], network.address(3));
}
