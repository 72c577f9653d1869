//! Network namespaces, for what no machine's own network may be changed for: they have no cable to it.
//!
//! They are called `rca-PROCESS-COUNT-ROLE` and go with their test; what a killed run left is swept by the next.

use std::fs::File;
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};

use crate::home::Home;
use crate::skipped::{forbidden, skipped, tool};

/// What all of them are called at the beginning.
const PREFIX: &str = "rca-";

/// Where `ip netns` keeps them.
const FOLDER: &str = "/run/netns";

/// Namespaces, one for each role; gone with the test.
pub(crate) struct Namespaces {
    tag: String,
    roles: &'static [&'static str],
}

impl Namespaces {
    /// Makes them, empty but for the loopback; where that may not be done here, notes that `test` is skipped.
    pub(crate) fn make(test: &str, roles: &'static [&'static str]) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        if let Err(error) = ip(&["-V"]) {
            skipped(test, &format!("iproute2 (apt-get install iproute2): {error}"));
            return None;
        }
        sweep();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let made = Self {
            tag: format!("{PREFIX}{}-{number}-", std::process::id()),
            roles,
        };
        let first = made.name(roles[0]);
        let permitted = ip(&["netns", "add", &first]).and_then(|()| ip(&["netns", "exec", &first, "true"]));
        if let Err(error) = permitted {
            forbidden(test, &format!("the right to make network namespaces: {error}"));
            return None;
        }
        for role in &roles[1..] {
            ip(&["netns", "add", &made.name(role)]).unwrap();
        }
        for role in roles {
            made.ip(role, &["link", "set", "lo", "up"]);
        }
        Some(made)
    }

    /// Joins two, each by an interface `eth` that is up.
    pub(crate) fn join(&self, one: &str, other: &str) {
        let peer = self.name(other);
        self.ip(
            one,
            &[
                "link", "add", "eth", "type", "veth", "peer", "name", "eth", "netns", &peer,
            ],
        );
        for role in [one, other] {
            self.ip(role, &["link", "set", "eth", "up"]);
        }
    }

    /// `ip` on the namespace of this role.
    pub(crate) fn ip(&self, role: &str, arguments: &[&str]) {
        ip(&[&["-n", &self.name(role)], arguments].concat()).unwrap();
    }

    /// The agent in it, with this home.
    pub(crate) fn agent(&self, role: &str, home: &Home, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new("ip");
        command
            .args(["netns", "exec", &self.name(role)])
            .arg(env!("CARGO_BIN_EXE_rollcall-agent"))
            .args(arguments)
            .arg("--state")
            .arg(home.state())
            .kill_on_drop(true);
        command
    }

    /// Listens in it, on a free port. A thread may change its network alone: so the test's own stays where it is.
    pub(crate) fn listen(&self, role: &str, address: IpAddr) -> TcpListener {
        let namespace = File::open(Path::new(FOLDER).join(self.name(role))).unwrap();
        std::thread::scope(|scope| {
            let listening = scope.spawn(move || {
                setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
                TcpListener::bind((address, 0)).unwrap()
            });
            listening.join().unwrap()
        })
    }

    fn name(&self, role: &str) -> String {
        format!("{}{role}", self.tag)
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for role in self.roles {
            // First the cable: the namespace may live on for as long as a connection in it waits to be closed.
            let name = self.name(role);
            let _ = ip(&["-n", &name, "link", "del", "eth"]);
            let _ = ip(&["netns", "del", &name]);
        }
    }
}

/// Removes what runs left behind that were killed.
fn sweep() {
    for name in names() {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if let Some(process) = process
            && !Path::new("/proc").join(process).exists()
        {
            let _ = ip(&["netns", "del", &name]);
        }
    }
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    tool(Command::new("ip").args(arguments))
}

#[test]
fn what_a_killed_run_left_is_swept_and_what_others_use_is_not() {
    let test = "what_a_killed_run_left_is_swept_and_what_others_use_is_not";
    let Some(own) = Namespaces::make(test, &["own"]) else {
        return;
    };
    // No process has that number: the largest that Linux gives is 2^22.
    let left = format!("{PREFIX}{}-0-left", u32::MAX);
    let found = |name: &str| names().iter().any(|one| one == name);
    // One that another test sweeps first is there no more either.
    ip(&["netns", "add", &left]).unwrap();
    sweep();
    assert!(!found(&left));
    assert!(found(&own.name("own")));
}
