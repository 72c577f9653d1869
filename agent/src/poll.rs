//! `poll`: has the agent that runs for a state directory poll at once, by SIGUSR1.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::state_dir::{StateDir, StateError};

/// Why nobody was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PollError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("no agent runs with the state directory {path}: start it, and it asks for what is new by itself")]
    NotRunning { path: String },
    #[error(
        "an agent runs, but it does not say as which process: it is starting, or of a release without `poll`"
    )]
    Nameless,
    #[error("process {pid} may not be told to poll: run this as its user, or as root")]
    NotAllowed { pid: i32 },
    #[error("process {pid} cannot be told to poll")]
    Signal { pid: i32, source: Errno },
}

/// Asks, and gives the process that was asked.
pub(crate) fn ask(dir: &StateDir) -> Result<i32, PollError> {
    if !dir.is_locked()? {
        return Err(not_running(dir));
    }
    let holder = dir.holder()?.and_then(|pid| i32::try_from(pid).ok());
    // 0 and below would be whole groups of processes.
    let pid = holder.filter(|pid| *pid > 0).ok_or(PollError::Nameless)?;
    match kill(Pid::from_raw(pid), Signal::SIGUSR1) {
        Ok(()) => Ok(pid),
        Err(Errno::ESRCH) => Err(not_running(dir)),
        Err(Errno::EPERM) => Err(PollError::NotAllowed { pid }),
        Err(source) => Err(PollError::Signal { pid, source }),
    }
}

fn not_running(dir: &StateDir) -> PollError {
    PollError::NotRunning {
        path: dir.path().display().to_string(),
    }
}
