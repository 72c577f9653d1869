//! The agent's binary, with a state folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::moment::until_so;
use super::network::Network;
use super::process::{Process, tool};

/// An agent and its folder.
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) network: Network,
    /// Before the folder, in which its log is.
    process: Option<Process>,
    /// How long its log was when it was last started.
    said_before: usize,
    home: TempDir,
}

impl Agent {
    /// One that is not enrolled yet.
    pub(crate) fn new(name: &str, network: Network) -> Self {
        Self {
            name: name.to_owned(),
            network,
            home: tempfile::tempdir().unwrap(),
            process: None,
            said_before: 0,
        }
    }

    /// Enrols it; where it is refused, what the agent says.
    pub(crate) fn enrol(&self, url: &str, token: &str) -> Result<(), String> {
        let mut command = self.command("enroll");
        command.args([
            "--server",
            url,
            "--token",
            token,
            "--name",
            &self.name,
            "--allow-plain-http",
        ]);
        tool(&mut command).map(drop)
    }

    /// Enrols and starts it.
    pub(crate) fn enrolled(name: &str, network: Network, url: &str, token: &str) -> Self {
        let mut agent = Self::new(name, network);
        agent.enrol(url, token).unwrap();
        agent.start(&[]);
        agent
    }

    /// Starts it, with these arguments besides.
    pub(crate) fn start(&mut self, arguments: &[&str]) {
        assert!(self.process.is_none(), "it runs already");
        self.said_before = self.said().len();
        let mut command = self.command("run");
        command.args(arguments).arg("--verbose");
        self.process = Some(Process::start(command, &self.log()));
    }

    /// Waits until a line of its log since its start holds these words: what it knows, where the server only knows what
    /// it answered.
    pub(crate) fn until_says(&self, words: &str) {
        until_so(&format!("{} says {words:?}", self.name), || {
            self.said()[self.said_before..].contains(words)
        });
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// As a power cut ends it: it says nothing to anybody.
    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// As its service manager ends it: it says goodbye.
    pub(crate) fn stop(&mut self) {
        self.process.take().expect("it runs").stop();
    }

    /// Has it ask at once for what is new.
    pub(crate) fn poll(&self) {
        tool(&mut self.command("poll")).unwrap();
    }

    /// Takes it off the roll call for good; gives what it says, or why it does not.
    pub(crate) fn uninstall(&self) -> Result<String, String> {
        tool(&mut self.command("uninstall"))
    }

    /// Where it keeps what it must not forget.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// As a machine that sleeps: it does nothing until it is woken.
    pub(crate) fn sleep(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::STOP);
    }

    /// Goes on where it fell asleep.
    pub(crate) fn wake(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::CONT);
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("agent.log")
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = self.network.command(&binary());
        command
            .arg(verb)
            .arg("--state")
            .arg(self.state())
            .env("ROLLCALL_ALLOW_PLAIN_HTTP", "1");
        command
    }
}

/// It is built beside the server.
fn binary() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_rollcall-server")).with_file_name("rollcall-agent");
    assert!(
        path.exists(),
        "{} is missing: run `cargo build -p rollcall-agent` first",
        path.display()
    );
    path
}
