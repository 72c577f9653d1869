//! The server's binary, with a data folder of its own that stays over its runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize;
use tempfile::TempDir;

use super::http::Peer;
use super::moment::{until, wall_ms};
use super::network::Network;
use super::process::Process;

/// How a server is started.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) network: Network,
    /// What it listens on; port 0 is any free one, and stays that one over later runs.
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) minute: Duration,
    /// In minutes: agents send heartbeat so often, are offline after, poll so often.
    pub(crate) heartbeat_every: u32,
    pub(crate) offline_after: u32,
    pub(crate) poll_every: u32,
    /// A folder of its own, unless this names another.
    pub(crate) data: Option<PathBuf>,
    /// The embedded database, unless this names another.
    pub(crate) database: Option<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// What is run in the server's stead, with the server and its flags as arguments.
    pub(crate) wrapped_in: Vec<String>,
}

impl Plan {
    /// On the loopback, with a heartbeat each half second and a time-out of three seconds.
    ///
    /// Each server has an address of its own and not only a port: while it is away, no connection of the test's may
    /// take its port as the local one, or be connected to itself.
    pub(crate) fn on_loopback() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let process = std::process::id();
        let byte = |number: u32| u8::try_from(number % 250 + 1).unwrap();
        let last = byte(MADE.fetch_add(1, Ordering::Relaxed));
        Self {
            network: Network::Here,
            listen: vec![([127, byte(process), byte(process / 250), last], 0).into()],
            minute: Duration::from_millis(500),
            heartbeat_every: 1,
            offline_after: 6,
            poll_every: 6,
            data: None,
            database: None,
            environment: Vec::new(),
            wrapped_in: Vec::new(),
        }
    }

    /// How long the settings of the plan keep an agent online.
    pub(crate) fn time_out(&self) -> Duration {
        self.minute * self.offline_after
    }
}

/// What the server says of itself once it listens.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Announcement {
    pub(crate) url: String,
    pub(crate) setup_url: Option<String>,
    pub(crate) enroll_command: String,
}

impl Announcement {
    /// The token in the line that enrols an agent.
    pub(crate) fn token(&self) -> &str {
        let (_, rest) = self
            .enroll_command
            .split_once("--token ")
            .expect("the line names a token");
        rest.split(' ').next().unwrap().trim_matches('\'')
    }
}

/// A server and its folder.
pub(crate) struct Server {
    pub(crate) plan: Plan,
    home: TempDir,
    process: Option<Process>,
    /// Of its latest run.
    pub(crate) announcement: Announcement,
    /// That of its first run, which makes the first admin.
    pub(crate) setup_token: String,
}

impl Server {
    /// Starts one on an empty folder and waits until it listens.
    pub(crate) fn start(plan: Plan) -> Self {
        let home = tempfile::tempdir().unwrap();
        let process = launch(&plan, home.path());
        let mut server = Self {
            plan,
            home,
            process: Some(process),
            announcement: Announcement {
                url: String::new(),
                setup_url: None,
                enroll_command: String::new(),
            },
            setup_token: String::new(),
        };
        server.listens();
        let url = server.announcement.setup_url.clone().expect("a first run");
        url.rsplit('#')
            .next()
            .unwrap()
            .clone_into(&mut server.setup_token);
        let port = server
            .announcement
            .url
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        for address in &mut server.plan.listen {
            address.set_port(port);
        }
        server
    }

    /// Starts it again, on the same data and the same port; does not wait.
    pub(crate) fn launch(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        self.process = Some(launch(&self.plan, self.home.path()));
    }

    /// Waits until it listens.
    pub(crate) fn listens(&mut self) {
        let announce = announce(self.home.path());
        let process = self.process.as_mut().expect("it was launched");
        self.announcement = until("the server announces itself", || {
            let ended = process.ended();
            assert!(ended.is_none(), "the server ended by itself: {ended:?}");
            serde_json::from_slice(&std::fs::read(&announce).ok()?).ok()
        });
    }

    /// The same at once.
    pub(crate) fn start_again(&mut self) {
        self.launch();
        self.listens();
    }

    /// As a crash ends it.
    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// As its service manager ends it.
    pub(crate) fn stop(&mut self) {
        self.process.take().expect("it runs").stop();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.as_ref().expect("it runs").signal(signal);
    }

    /// What the wall clock was when engine time was last saved in the data folder; nothing before.
    pub(crate) fn engine_time_saved_at(&self) -> i64 {
        let data = self
            .plan
            .data
            .clone()
            .unwrap_or_else(|| self.home.path().join("data"));
        let bytes = std::fs::read(data.join("engine-time.json")).unwrap_or_default();
        let kept: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        kept["saved_wall_ms"].as_i64().unwrap_or(0)
    }

    /// Waits until a start after a kill would know that the server was here until now, and gives when that is.
    pub(crate) fn saves_engine_time(&self) -> i64 {
        let now = wall_ms();
        until("engine time is saved", || {
            (self.engine_time_saved_at() >= now).then_some(now)
        })
    }

    /// Fails where it has ended by itself.
    pub(crate) fn must_run(&mut self) {
        let ended = self.process.as_mut().expect("it was launched").ended();
        assert!(ended.is_none(), "the server ended by itself: {ended:?}");
    }

    /// Its first address, called from its own network.
    pub(crate) fn peer(&self) -> Peer {
        Peer {
            from: self.plan.network.clone(),
            at: self.plan.listen[0],
        }
    }
}

impl Drop for Server {
    /// A run that is left to its end has to take it well, unless the test has failed.
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::CONT);
            if !std::thread::panicking() {
                process.stop();
            }
        }
    }
}

fn announce(home: &Path) -> PathBuf {
    home.join("announce.json")
}

fn launch(plan: &Plan, home: &Path) -> Process {
    let _ = std::fs::remove_file(announce(home));
    let server = Path::new(env!("CARGO_BIN_EXE_rollcall-server"));
    let mut command = match plan.wrapped_in.split_first() {
        None => plan.network.command(server),
        Some((first, rest)) => {
            let mut command = plan.network.command(Path::new(first));
            command.args(rest).arg(server);
            command
        }
    };
    flags(&mut command, plan, home);
    command
        .env("NO_COLOR", "1")
        .envs(plan.environment.iter().cloned())
        .current_dir(home);
    Process::start(command, &home.join("server.log"))
}

fn flags(command: &mut Command, plan: &Plan, home: &Path) {
    for address in &plan.listen {
        command.arg("--listen").arg(address.to_string());
    }
    command
        .arg("--data")
        .arg(plan.data.clone().unwrap_or_else(|| home.join("data")))
        .arg("--announce")
        .arg(announce(home))
        // Not each answer: a failing test shows the last lines.
        .arg("--log=warn")
        .arg(format!("--minute={}ms", plan.minute.as_millis()))
        .arg(format!("--heartbeat-every={}", plan.heartbeat_every))
        .arg(format!("--offline-after={}", plan.offline_after))
        .arg(format!("--poll-every={}", plan.poll_every));
    if let Some(database) = &plan.database {
        command.arg("--database").arg(database);
    }
}
