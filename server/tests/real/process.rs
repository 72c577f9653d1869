//! A child process with a log, that never outlives its test.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::moment::{PATIENCE, now, until};
use super::skipped::say;

/// Lines of the log that a failing test shows.
const SHOWN: usize = 40;

/// One run of a program.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it says is added to the file `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        // It may have ended meanwhile; whoever needs to know asks for its exit.
        let _ = kill_process(Pid::from_raw(id).unwrap(), signal);
    }

    /// How it ended, where it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// As a service manager ends it: it must end by itself, and well.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = until("it ends on SIGTERM", || self.ended());
        assert!(status.success(), "ended with {status}:\n{}", tail(&self.log));
    }

    /// Waits until it ends by itself.
    pub(crate) fn end(&mut self) -> ExitStatus {
        until("it ends", || self.ended())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::KILL);
            let began = now();
            // Not for ever: a process that the kernel cannot end must not hang the test.
            while self.ended().is_none() && began.elapsed() < PATIENCE {
                std::thread::yield_now();
            }
        }
        if std::thread::panicking() {
            say(&format!("--- {}\n{}", self.log.display(), tail(&self.log)));
        } else {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(!said.contains("panicked"), "{}", tail(&self.log));
        }
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}

/// Runs a tool to its end and gives what it printed; where it cannot be run or fails, says how.
pub(crate) fn tool(command: &mut Command) -> Result<String, String> {
    let name = format!("{command:?}");
    let output = command
        .stdin(File::open("/dev/null").unwrap())
        .output()
        .map_err(|error| format!("{name} does not run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{name} says: {}", said.trim()))
    }
}
