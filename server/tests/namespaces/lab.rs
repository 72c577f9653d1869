//! Four namespaces: a server and a neighbour of its on one cable, a router that hides what is behind it, and a
//! machine behind the router.
//!
//! ```text
//! outside .50 --+
//!               +-- 198.51.100.0/24, 2001:db8:51::/64 --(wan)-- router --(lan)-- 10.77.0.0/24, fd77::/64 -- inside .10
//! server   .1 --+                                  .2                 .1
//! ```
//!
//! The addresses are those that are kept for documentation and private networks. Nothing leaves the namespaces: the
//! test's own network has no cable into them.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::real::network::Network;
use crate::real::process::tool;
use crate::real::server::Plan;
use crate::real::skipped::{forbidden, is_root, skipped};

/// What every namespace of these tests is called at the beginning; then come the test's process and a count.
const PREFIX: &str = "rcd-";

/// The server's, in a namespace that has all of them free.
pub(crate) const PORT: u16 = 8080;

/// A name for the server, of both families where it has both.
pub(crate) const NAME: &str = "rollcall.test";

pub(crate) const SERVER_V4: &str = "198.51.100.1";
pub(crate) const SERVER_V6: &str = "2001:db8:51::1";
pub(crate) const ROUTER_V4: &str = "198.51.100.2";
pub(crate) const ROUTER_V6: &str = "2001:db8:51::2";
pub(crate) const OUTSIDE_V4: &str = "198.51.100.50";
pub(crate) const INSIDE_V4: &str = "10.77.0.10";

/// Lets out what is inside, under the router's address, and nothing in that is not an answer.
const RULES: &str = "
table inet gate {
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname lan accept
    }
    chain leave {
        type nat hook postrouting priority 100;
        oifname wan masquerade
    }
}";

/// Which families of addresses a part has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
    Both,
}

impl Family {
    fn has(self, address: &str) -> bool {
        match self {
            Self::Both => true,
            Self::V4 => !address.contains(':'),
            Self::V6 => address.contains(':'),
        }
    }
}

/// The namespaces; gone with the test.
pub(crate) struct Lab {
    tag: String,
    server: Family,
}

impl Lab {
    /// Lays the cables; where that may not be done here, notes that `test` is skipped.
    pub(crate) fn lay(test: &str, server: Family, inside: Family) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        if !is_root() {
            forbidden(test, "the right to make network namespaces (root)");
            return None;
        }
        for (program, package) in [("ip", "iproute2"), ("nft", "nftables")] {
            if let Err(error) = tool(Command::new(program).arg("-V")) {
                skipped(test, &format!("{program} (apt-get install {package}): {error}"));
                return None;
            }
        }
        sweep();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let lab = Self {
            tag: format!("{PREFIX}{}-{number}-", std::process::id()),
            server,
        };
        // A container's root may not make one; whoever may make one may do all the rest.
        let server = lab.name("server");
        let permitted = ip(&["netns", "add", &server]).and_then(|()| ip(&["netns", "exec", &server, "true"]));
        if let Err(error) = permitted {
            forbidden(test, &format!("the right to make network namespaces: {error}"));
            return None;
        }
        lab.build(inside).unwrap();
        Some(lab)
    }

    fn build(&self, inside: Family) -> Result<(), String> {
        for role in ["server", "router", "inside", "outside"] {
            if role != "server" {
                ip(&["netns", "add", &self.name(role)])?;
            }
            self.ip(role, &["link", "set", "lo", "up"])?;
        }
        self.hosts()?;
        self.ip("server", &["link", "add", "eth", "type", "bridge"])?;
        self.cable(("server", "to-router"), ("router", "wan"))?;
        self.cable(("server", "to-outside"), ("outside", "eth"))?;
        self.cable(("router", "lan"), ("inside", "eth"))?;
        for port in ["to-router", "to-outside"] {
            self.ip("server", &["link", "set", port, "master", "eth"])?;
        }
        self.ip("server", &["link", "set", "eth", "up"])?;
        for (role, device, family, addresses) in [
            ("server", "eth", self.server, [SERVER_V4, SERVER_V6]),
            ("router", "wan", Family::Both, [ROUTER_V4, ROUTER_V6]),
            ("outside", "eth", Family::Both, [OUTSIDE_V4, "2001:db8:51::50"]),
            ("router", "lan", Family::Both, ["10.77.0.1", "fd77::1"]),
            ("inside", "eth", inside, [INSIDE_V4, "fd77::10"]),
        ] {
            for address in addresses.into_iter().filter(|address| family.has(address)) {
                self.address("add", role, device, address)?;
            }
        }
        for (role, family, gateways) in [
            ("inside", inside, ["10.77.0.1", "fd77::1"]),
            // So that it is the router that keeps the server out, and not a missing way.
            ("server", self.server, [ROUTER_V4, ROUTER_V6]),
        ] {
            for gateway in gateways.into_iter().filter(|gateway| family.has(gateway)) {
                self.ip(role, &["route", "add", "default", "via", gateway])?;
            }
        }
        let forward = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";
        self.run("router", &["sh", "-c", forward])?;
        self.run("router", &["nft", RULES])
    }

    /// What `/etc/hosts` says in the namespaces: `ip netns exec` puts it there.
    fn hosts(&self) -> Result<(), String> {
        let mut hosts = String::from("127.0.0.1 localhost\n::1 localhost\n");
        // The family that is preferred comes first.
        for address in [SERVER_V6, SERVER_V4] {
            if self.server.has(address) {
                hosts = format!("{hosts}{address} {NAME}\n");
            }
        }
        for role in ["inside", "outside"] {
            let folder = configuration(&self.name(role));
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(folder.join("hosts"), &hosts))
                .map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(())
    }

    fn cable(&self, (one, end): (&str, &str), (other, far): (&str, &str)) -> Result<(), String> {
        let peer = self.name(other);
        self.ip(
            one,
            &[
                "link", "add", end, "type", "veth", "peer", "name", far, "netns", &peer,
            ],
        )?;
        self.ip(one, &["link", "set", end, "up"])?;
        self.ip(other, &["link", "set", far, "up"])
    }

    /// Adds or removes an address.
    pub(crate) fn address(&self, verb: &str, role: &str, device: &str, address: &str) -> Result<(), String> {
        let (width, at_once): (u8, &[&str]) = if address.contains(':') {
            // Nobody else can have it: not to be asked for first.
            (64, if verb == "add" { &["nodad"] } else { &[] })
        } else {
            (24, &[])
        };
        let address = format!("{address}/{width}");
        self.ip(
            role,
            &[&["addr", verb, &address, "dev", device], at_once].concat(),
        )
    }

    /// Has the router forget what it saw of UDP after so many seconds of silence, and give each flow another port: as
    /// NATs in the field do.
    pub(crate) fn forgetful(&self, seconds: u32) -> Result<(), String> {
        let forget = format!(
            "for timer in nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream; do \
             echo {seconds} >/proc/sys/net/netfilter/$timer || exit; done"
        );
        self.run("router", &["sh", "-c", &forget])?;
        let other =
            "flush chain inet gate leave; add rule inet gate leave oifname wan masquerade fully-random";
        self.run("router", &["nft", other])
    }

    /// Has the router drop what fits, from now on.
    pub(crate) fn drops(&self, what: &str) -> Result<(), String> {
        self.run(
            "router",
            &["nft", &format!("insert rule inet gate forward {what} drop")],
        )
    }

    /// Has the router do as at the beginning again with what it lets through.
    pub(crate) fn passes(&self) -> Result<(), String> {
        let rules = "flush chain inet gate forward; add rule inet gate forward ct state established,related accept; \
                     add rule inet gate forward iifname lan accept";
        self.run("router", &["nft", rules])
    }

    /// `ip` on the namespace of this role.
    pub(crate) fn ip(&self, role: &str, arguments: &[&str]) -> Result<(), String> {
        ip(&[&["-n", &self.name(role)], arguments].concat())
    }

    /// A program inside it.
    pub(crate) fn run(&self, role: &str, words: &[&str]) -> Result<(), String> {
        ip(&[&["netns", "exec", &self.name(role)], words].concat())
    }

    fn name(&self, role: &str) -> String {
        format!("{}{role}", self.tag)
    }

    pub(crate) fn network(&self, role: &str) -> Network {
        Network::Namespace(self.name(role))
    }

    /// A server in its namespace, on all addresses that it has there.
    pub(crate) fn plan(&self) -> Plan {
        let addresses = [SERVER_V4, SERVER_V6].into_iter();
        Plan {
            network: self.network("server"),
            listen: addresses
                .filter(|address| self.server.has(address))
                .map(|address| socket(address, PORT))
                .collect(),
            ..Plan::on_loopback()
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        remove(&self.tag);
    }
}

/// An address and a port.
pub(crate) fn socket(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(address.parse::<IpAddr>().unwrap(), port)
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    tool(Command::new("ip").args(arguments)).map(drop)
}

/// Where `ip netns exec` looks for what `/etc` holds in a namespace.
fn configuration(name: &str) -> PathBuf {
    Path::new("/etc/netns").join(name)
}

/// The namespaces and their configurations whose names begin so.
fn remove(tag: &str) {
    for name in names("/run/netns").filter(|name| name.starts_with(tag)) {
        let _ = ip(&["netns", "del", &name]);
    }
    for name in names("/etc/netns").filter(|name| name.starts_with(tag)) {
        let _ = std::fs::remove_dir_all(configuration(&name));
    }
    // Nobody else's: it goes only where it is empty.
    let _ = std::fs::remove_dir("/etc/netns");
}

/// Removes what runs left behind that were killed.
fn sweep() {
    let left: Vec<_> = names("/run/netns").chain(names("/etc/netns")).collect();
    for name in left {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if let Some(process) = process
            && !Path::new("/proc").join(process).exists()
        {
            remove(&format!("{PREFIX}{process}-"));
        }
    }
}

fn names(folder: &str) -> impl Iterator<Item = String> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}
