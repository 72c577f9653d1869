//! The agent: `rollcall-agent enroll | run | poll | status | uninstall`.
//!
//! What it decides is in the library beside it, without I/O; here is what reads clocks, files, sockets and
//! signals. One thread does it all: an agent has one server and one call at a time.

mod answer;
mod cli;
mod client;
mod clock;
mod components;
mod dialled;
mod enrol;
mod failure;
mod hex;
mod identity;
mod leaving;
mod living;
mod machine;
mod message;
mod notify;
mod poll;
mod run;
mod say;
mod server_url;
mod signals;
mod state_dir;
mod status;
mod tls;
mod uninstall;
mod watch;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use rollcall_agent::schedule::End;
use rollcall_shared::GoodbyeKind;
use tracing::Level;

use crate::answer::Rejection;
use crate::cli::{Cli, Command, EnrollArgs, LogFormat, PollArgs, RunArgs, StatusArgs, UninstallArgs};
use crate::enrol::{EnrolError, Wish};
use crate::failure::chain;
use crate::identity::{Identity, IdentityError};
use crate::poll::PollError;
use crate::run::{Manner, RunError};
use crate::state_dir::{Lock, StateDir, StateError};
use crate::status::{Kept, Report};
use crate::tls::Fingerprint;
use crate::uninstall::UninstallError;

/// Something failed, or `status`: the agent is not in contact.
const FAILED: u8 = 1;
/// Another agent runs with this state directory.
const RUNS_ALREADY: u8 = 3;
/// The agent was retired, or the enrolment refused; starting again would not help.
const REFUSED: u8 = 4;
/// There is no usable identity.
const NO_IDENTITY: u8 = 5;

/// Besides `--allow-plain-http`: the second time of being told.
const ALLOW_PLAIN_HTTP: &str = "ROLLCALL_ALLOW_PLAIN_HTTP";

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log_format, cli.verbose);
    // The only provider in this binary; whatever asks rustls for its default gets this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A server that cannot be resolved must not pile up threads: two wait at most, and one for the disk.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(3)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            say::err(&format!("rollcall-agent cannot start: {error}"));
            return ExitCode::from(FAILED);
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Enroll(args) => enroll(args).await,
            Command::Run(args) => run(args).await,
            Command::Poll(args) => poll(&args),
            Command::Status(args) => status(&args),
            Command::Uninstall(args) => uninstall(&args).await,
        }
    });
    // A name look-up that still hangs must not hold up the end.
    runtime.shutdown_background();
    ExitCode::from(code)
}

fn start_log(format: LogFormat, verbose: bool) {
    let level = if verbose { Level::DEBUG } else { Level::INFO };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match format {
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init(),
        // The journal notes the time itself.
        LogFormat::Text if std::env::var_os("JOURNAL_STREAM").is_some() => log.without_time().init(),
        LogFormat::Text => log.init(),
    }
}

async fn enroll(args: EnrollArgs) -> u8 {
    let go_on = args.run;
    let manner = Manner {
        goodbye: None,
        notify_port: args.notify.notify_port.unwrap_or_default(),
        hooks: args.hooks.hooks,
    };
    let enrolled = async {
        let wish = Wish {
            fingerprint: args.fingerprint.as_deref().map(Fingerprint::parse).transpose()?,
            server: args.server,
            token: args.token,
            allow_plain_http: args.allow_plain_http
                && std::env::var_os(ALLOW_PLAIN_HTTP).is_some_and(|it| it == "1"),
            name: args.name,
        };
        let dir = StateDir::make(state_dir::path_or_default(args.state.state.as_deref())?)?;
        let lock = enrol::enrol(&dir, wish).await?;
        Ok::<_, EnrolError>((dir, lock))
    };
    match enrolled.await {
        Ok((dir, lock)) if go_on => present(dir, lock, manner).await,
        Ok(_) => 0,
        Err(error) => fail(&error, code_of_enrol(&error)),
    }
}

async fn run(args: RunArgs) -> u8 {
    let dir = state_dir::path_or_default(args.state.state.as_deref()).and_then(StateDir::open);
    let manner = Manner {
        goodbye: args.goodbye.map(GoodbyeKind::from),
        notify_port: args.notify.notify_port.unwrap_or_default(),
        hooks: args.hooks.hooks,
    };
    match dir {
        Ok(dir) => present(dir, None, manner).await,
        Err(error) => fail(&error, code_of_state(&error)),
    }
}

async fn present(dir: StateDir, lock: Option<Lock>, manner: Manner) -> u8 {
    let lock = match lock {
        Some(lock) => Ok(lock),
        None => dir.lock().await,
    };
    let ended = match lock {
        Ok(lock) => run::run(dir, lock, manner).await,
        Err(error) => Err(RunError::State(error)),
    };
    match ended {
        Ok(End::Left) => 0,
        Ok(End::Retired) => {
            tracing::error!("This agent was retired. It stops for good.");
            REFUSED
        }
        Err(error) => {
            let code = match &error {
                RunError::State(error) => code_of_state(error),
                RunError::Identity(error) => code_of_identity(error),
                _ => FAILED,
            };
            fail(&error, code)
        }
    }
}

fn poll(args: &PollArgs) -> u8 {
    let asked = state_dir::path_or_default(args.state.state.as_deref())
        .and_then(StateDir::open)
        .map_err(PollError::from)
        .and_then(|dir| poll::ask(&dir));
    match asked {
        Ok(pid) => {
            say::out(&format!("Asked the running agent (process {pid}) to poll"));
            0
        }
        Err(error) => {
            let code = match &error {
                PollError::State(error) => code_of_state(error),
                _ => FAILED,
            };
            fail(&error, code)
        }
    }
}

fn status(args: &StatusArgs) -> u8 {
    let report = match state_dir::path_or_default(args.state.state.as_deref()).and_then(StateDir::open) {
        Ok(dir) => report(&dir),
        Err(StateError::Absent { .. }) => Ok(Report::new(None, false, None, 0)),
        Err(error) => Err(error.into()),
    };
    match report {
        Ok(report) => {
            if args.json {
                say::out(&serde_json::to_string(&report).unwrap_or_default());
            } else {
                say::out(&report.text(clock::wall_s()));
            }
            u8::from(!report.is_in_contact())
        }
        Err(error) => fail(&error, FAILED),
    }
}

fn report(dir: &StateDir) -> Result<Report, IdentityError> {
    let identity = Identity::find(dir)?;
    let (running, kept) = (dir.is_locked()?, Kept::find(dir));
    Ok(Report::new(identity.as_ref(), running, kept, clock::now_ms()))
}

async fn uninstall(args: &UninstallArgs) -> u8 {
    let dir = state_dir::path_or_default(args.state.state.as_deref()).and_then(StateDir::open);
    let uninstalled = match dir {
        Ok(dir) => uninstall::uninstall(&dir).await,
        Err(error) => Err(error.into()),
    };
    match uninstalled {
        Ok(done) => {
            let how = if done.retired_before {
                "was retired there before"
            } else {
                "is retired there"
            };
            say::out(&format!("Uninstalled: {} at {} {how}", done.agent, done.server));
            0
        }
        Err(error) => fail(&error, code_of_uninstall(&error)),
    }
}

fn fail(error: &(dyn core::error::Error + 'static), code: u8) -> u8 {
    say::err(&format!("rollcall-agent: {}", chain(error)));
    code
}

const fn code_of_state(error: &StateError) -> u8 {
    match error {
        StateError::Locked { .. } => RUNS_ALREADY,
        StateError::Absent { .. } => NO_IDENTITY,
        _ => FAILED,
    }
}

const fn code_of_identity(error: &IdentityError) -> u8 {
    match error {
        IdentityError::State(error) => code_of_state(error),
        IdentityError::Corrupted { .. } | IdentityError::Missing { .. } => NO_IDENTITY,
        IdentityError::Random(_) => FAILED,
    }
}

fn code_of_enrol(error: &EnrolError) -> u8 {
    match error {
        EnrolError::State(error) => code_of_state(error),
        EnrolError::Identity(error) => code_of_identity(error),
        EnrolError::Rejected(Rejection::Refused(problem)) if problem.status < 500 => REFUSED,
        _ => FAILED,
    }
}

const fn code_of_uninstall(error: &UninstallError) -> u8 {
    match error {
        UninstallError::Runs { .. } => RUNS_ALREADY,
        UninstallError::State(error) => code_of_state(error),
        UninstallError::Identity(error) => code_of_identity(error),
        UninstallError::Rejected {
            rejection: Rejection::Refused(problem),
            ..
        } if problem.status < 500 => REFUSED,
        _ => FAILED,
    }
}
