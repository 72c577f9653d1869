//! `rollcall-fleet`: a fleet of simulated agents against a real server. They have real credentials, speak the real
//! protocol, and decide as shipped agents do, by the same code.
//!
//! For whoever sizes a server, and for the benchmarks. `docs/SIZING.md` says how. Not for agents' own machines: it
//! installs no components, and nobody can connect to it.

mod answer;
mod board;
mod cli;
mod clock;
mod enrol;
mod fleet;
mod http;
mod identities;
mod limits;
mod pace;
mod person;
mod promise;
mod run;
mod say;
mod scenario;
mod summary;
mod tally;
mod traffic;
mod udp;
mod watch;

// How an agent knows its server is the same here and there; in the agent it is the binary's, which nothing can use.
#[path = "../../src/hex.rs"]
mod hex;
#[cfg_attr(not(test), expect(dead_code, reason = "the agent asks it for more"))]
#[path = "../../src/server_url.rs"]
mod server_url;
#[expect(
    dead_code,
    reason = "the agent tells more of what is wrong with a certificate"
)]
#[path = "../../src/tls.rs"]
mod tls;

use core::cell::Cell;
use core::error::Error;
use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::board::Board;
use crate::cli::{Cli, Scenario};
use crate::clock::{Clock, Dice};
use crate::enrol::EnrolError;
use crate::fleet::Fleet;
use crate::http::{Credential, Endpoint};
use crate::identities::Identities;
use crate::limits::Room;
use crate::person::Person;
use crate::run::Run;
use crate::summary::{Before, Summary, seconds};
use crate::tls::Fingerprint;
use crate::traffic::Traffic;

/// Something failed, or was not as expected.
const FAILED: u8 = 1;

/// The server cannot be called.
#[derive(Debug, thiserror::Error)]
#[error("no connection to {server} (for a certificate that it made itself, give its --fingerprint)")]
struct Unreachable {
    server: String,
    source: std::io::Error,
}

/// Told twice to end.
const ENDED: i32 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The only provider in this binary; whatever asks rustls for its default gets this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let local = tokio::task::LocalSet::new();
    let done = local.block_on(&runtime, simulate(&cli));
    let code = match done {
        Ok(summary) => {
            if cli.json {
                say::out(&serde_json::to_string(&summary).unwrap_or_default());
            } else {
                say::out(&summary.text());
            }
            ExitCode::from(if summary.as_expected { 0 } else { FAILED })
        }
        Err(error) => fail(error.as_ref()),
    };
    // A name look-up that still hangs must not hold up the end.
    runtime.shutdown_background();
    code
}

fn fail(error: &dyn Error) -> ExitCode {
    let mut text = format!("rollcall-fleet: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    say::err(&text);
    ExitCode::from(FAILED)
}

async fn simulate(cli: &Cli) -> Result<Summary, Box<dyn Error>> {
    if cli.udp && matches!(cli.scenario, Scenario::Max) {
        return Err(
            "--udp: not with --scenario max, which is heartbeats over HTTP; take another scenario".into(),
        );
    }
    let clock = Clock::start();
    let interrupted = watch_signals()?;
    let mut board = Board::new();
    let pinned = cli.fingerprint.as_deref().map(Fingerprint::parse).transpose()?;
    let endpoint = Endpoint::find(cli.server.clone(), pinned, cli.allow_plain_http).await?;
    // Once, before thousands of agents find out.
    drop(http::connect(&endpoint).await.map_err(|source| Unreachable {
        server: cli.server.to_string(),
        source,
    })?);
    let room = Room::within(limits::open_files(), cli.connections, cli.agents);
    if let Some(limit) = room.limit {
        board.line(&format!(
            "--connections: {} were asked for, and this process may open {limit} files. It goes on with {}; `ulimit -n` \
             or LimitNOFILE= raises the limit",
            cli.connections, room.connections
        ));
    }
    let person = sign_in(cli, &endpoint).await?;
    let (identities, before) = enrolled(cli, &endpoint, person.as_ref(), clock, &mut board).await?;
    let agents = identities
        .into_known()
        .into_iter()
        .filter_map(|one| Some((one.agent, Credential::of(one.agent, &one.secret)?)))
        .collect();
    let mut fleet = Fleet::new(agents, scenario::pace(cli), Dice::seeded()?);
    if cli.udp {
        fleet = fleet.with_packets(cli.interval.map(|interval| clock::in_us(interval.0) / 1_000));
    }
    let news = match person {
        Some(person) => Some(watch::watch(endpoint.clone(), person, clock)?),
        None => None,
    };
    let traffic = Rc::new(Traffic::new(fleet, clock, endpoint));
    let mut run = Run::new(traffic, room.connections, news, board, interrupted);
    run.before = before;
    run.interval = cli.interval;
    run.file = cli.identities.display().to_string();
    let mut summary = scenario::play(run, cli).await?;
    summary.scenario = cli.scenario.name();
    if cli.udp {
        summary.transport = "http and udp";
    }
    Ok(summary)
}

/// Whoever watches, where somebody was named.
async fn sign_in(cli: &Cli, endpoint: &Endpoint) -> Result<Option<Person>, Box<dyn Error>> {
    match (&cli.console_session, &cli.user, &cli.password) {
        (Some(cookie), _, _) => Ok(Some(Person::with(cookie.clone()))),
        (None, Some(name), Some(password)) => Ok(Some(Person::sign_in(endpoint, name, password).await?)),
        (None, Some(name), None) => {
            Err(format!("--user {name} needs a password: --password, or ROLLCALL_FLEET_PASSWORD").into())
        }
        (None, None, _) => Ok(None),
    }
}

/// The identities of as many agents as were asked for; those that are missing are enrolled.
async fn enrolled(
    cli: &Cli,
    endpoint: &Endpoint,
    person: Option<&Person>,
    clock: Clock,
    board: &mut Board,
) -> Result<(Identities, Before), Box<dyn Error>> {
    let identities = Identities::open(&cli.identities, &cli.server, cli.agents)?;
    let missing = identities.missing().len();
    let mut before = Before::default();
    if missing == 0 {
        return Ok((identities, before));
    }
    before.enrolled = u32::try_from(missing)?;
    let token = match (&cli.token, person) {
        (Some(token), _) => token.clone(),
        (None, Some(person)) => person.token(endpoint, before.enrolled).await?,
        (None, None) => return Err(EnrolError::NoToken { missing }.into()),
    };
    board.begin("enrolling", u64::from(before.enrolled));
    let began_us = clock.now_us();
    let identities = enrol::enrol(endpoint, token, identities, board).await?;
    before.enrolling_s = seconds(clock.now_us() - began_us);
    Ok((identities, before))
}

/// Notes SIGINT and SIGTERM: the first has the run summed up, the second ends the process.
fn watch_signals() -> std::io::Result<Rc<Cell<bool>>> {
    let interrupted = Rc::new(Cell::new(false));
    let noted = Rc::clone(&interrupted);
    let (mut interrupts, mut terminations) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::task::spawn_local(async move {
        loop {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            if noted.replace(true) {
                std::process::exit(ENDED);
            }
        }
    });
    Ok(interrupted)
}
