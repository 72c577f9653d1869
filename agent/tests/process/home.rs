//! The real binary as a child process, with a state directory of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::stub::{PATIENCE, Stub};

/// Where an agent lives.
pub(crate) struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Its state directory, with a space in its path.
    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("a state")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.state().join(name)
    }

    /// The agent with these arguments and this home's state directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(&self.state(), arguments)
    }

    /// Runs to its end.
    pub(crate) async fn output(&self, arguments: &[&str]) -> Output {
        finish(self.command(arguments)).await
    }

    /// Enrols at `stub`.
    pub(crate) async fn enrol(&self, stub: &Stub) {
        let output = self
            .output(&["enroll", "--server", &stub.url, "--token", "good"])
            .await;
        assert!(output.status.success(), "{output:?}");
    }

    /// As an agent that has asked before which components there are: a new one polls for that once it is registered.
    pub(crate) fn knows_of_no_components(&self) {
        std::fs::write(self.file("components.json"), "{}").unwrap();
    }

    /// Starts `run`.
    pub(crate) fn run(&self) -> Agent {
        Agent::start(self.command(&["run"]))
    }

    /// What `status --json` says, and its exit code.
    pub(crate) async fn status(&self) -> (serde_json::Value, i32) {
        let output = self.output(&["status", "--json"]).await;
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (value, output.status.code().unwrap())
    }

    /// The same, as soon as the state is this one.
    pub(crate) async fn status_once(&self, state: &str) -> (serde_json::Value, i32) {
        let asked = async {
            loop {
                let (report, code) = self.status().await;
                if report["state"] == state {
                    return (report, code);
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for the state {state}"))
    }
}

fn command(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall-agent"));
    command
        .env_clear()
        .args(arguments)
        .arg("--state")
        .arg(state)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

pub(crate) async fn finish(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE * 2, command.output())
        .await
        .expect("the agent ends by itself")
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A process that runs.
pub(crate) struct Agent {
    child: Child,
}

impl Agent {
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end; gives its exit status and what it wrote.
    pub(crate) async fn end(self) -> (ExitStatus, String) {
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output())
            .await
            .expect("the agent ends")
            .unwrap();
        (output.status, text(&output.stdout) + &text(&output.stderr))
    }
}

/// A file's mode.
pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
