//! The server is away for hundreds of calls: the agent goes on, and grows by nothing.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::runtime::Runtime;

use crate::home::Home;
use crate::stub::{PATIENCE, Stub};

/// Calls after which everything that is made once was made.
const WARM_UP: usize = 100;

/// Calls of each kind that come to nothing.
const CALLS: usize = 250;

/// What may be open at one moment and not at another: a connection under way, and what it waits for.
const UNDER_WAY: usize = 2;

/// How much its memory may seem to change, in KiB: the allocator's own pages. Two bytes a call would be half a KiB.
const BREATH_KIB: usize = 512;

/// What a process holds.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    resident_kib: usize,
    files: usize,
    threads: usize,
}

impl Holds {
    fn of(pid: i32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let words = line.and_then(|rest| rest.split_whitespace().next());
            words
                .unwrap_or_else(|| panic!("{name} in {status}"))
                .parse()
                .unwrap()
        };
        Self {
            resident_kib: number("VmRSS:"),
            files: std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
            threads: number("Threads:"),
        }
    }

    fn most(self, other: Self) -> Self {
        Self {
            resident_kib: self.resident_kib.max(other.resident_kib),
            files: self.files.max(other.files),
            threads: self.threads.max(other.threads),
        }
    }
}

/// How many calls have failed, as its log has them.
fn failed(log: &Path) -> usize {
    let said = std::fs::read_to_string(log).unwrap();
    said.matches("input=Failed").count()
}

/// Has it call again and again, sooner than it would by itself, until so many more calls have failed; gives the most
/// that it held meanwhile.
async fn until_failed(pid: i32, log: &Path, calls: usize) -> Holds {
    let wanted = failed(log) + calls;
    let mut held = Holds::default();
    let driven = async {
        while failed(log) < wanted {
            kill(Pid::from_raw(pid), Signal::SIGUSR1).unwrap();
            held = held.most(Holds::of(pid));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, driven)
        .await
        .expect("it goes on calling");
    held
}

/// The address that was free a moment ago.
async fn bind(at: SocketAddr) -> TcpListener {
    let bound = async {
        loop {
            match TcpListener::bind(at) {
                Ok(listener) => return listener,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, bound)
        .await
        .expect("the port is free again")
}

/// A stub that goes with its runtime, connections and all.
fn stub_on(runtime: &Runtime, listener: TcpListener) -> Stub {
    let _here = runtime.enter();
    Stub::on(listener)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_server_is_away_for_hundreds_of_calls_does_not_grow() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let first = Runtime::new().unwrap();
    let stub = stub_on(&first, listener);
    home.enrol(&stub).await;
    let log = home.file("log");
    let mut agent = home
        .command(&["run", "--verbose"])
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let pid = i32::try_from(agent.id().unwrap()).unwrap();
    stub.nth("heartbeat", 2).await;
    first.shutdown_background();

    // Nobody listens; then somebody does who hangs up at once.
    until_failed(pid, &log, WARM_UP).await;
    let warm = until_failed(pid, &log, WARM_UP / 2).await;
    let mut held = until_failed(pid, &log, CALLS).await;
    let other = tokio::net::TcpListener::from_std({
        let listener = bind(at).await;
        listener.set_nonblocking(true).unwrap();
        listener
    })
    .unwrap();
    let hanging_up = tokio::spawn(async move {
        loop {
            drop(other.accept().await);
        }
    });
    held = held.most(until_failed(pid, &log, CALLS).await);
    hanging_up.abort();
    assert!(
        held.files <= warm.files + UNDER_WAY && held.threads <= warm.threads.max(UNDER_WAY + 1),
        "{warm:?} {held:?}"
    );
    assert!(
        held.resident_kib <= warm.resident_kib + BREATH_KIB,
        "{warm:?} {held:?}"
    );

    // And it is there again when the server is.
    let second = Runtime::new().unwrap();
    let stub = stub_on(&second, bind(at).await);
    stub.nth("heartbeat", 1).await;
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    assert!(agent.wait().await.unwrap().success());
    second.shutdown_background();
}
