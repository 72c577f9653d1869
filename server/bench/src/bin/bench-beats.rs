//! Heartbeats as fast as the server answers: each connection sends the next when it has the answer to the last.
//!
//! For a server it enrols the agents first and then waits for a line on its input before each run, so that rounds can be
//! interleaved with others'. Against a floor (`--floor`) the same bytes go to whoever takes them.

use std::io::{self, BufRead as _, Write as _};
use std::time::{Duration, Instant};

use clap::Parser;
use rollcall_bench::clock;
use rollcall_bench::enrolment::enrolled;
use rollcall_bench::fleet::Agent;
use rollcall_bench::measured::{Measured, lasting};
use rollcall_bench::wire::Line;

#[derive(Debug, Parser)]
struct Flags {
    /// Host and port of the server.
    address: String,
    /// The enrolment token; without one the address is a floor, to whom all are known.
    #[arg(long)]
    token: Option<String>,
    /// How many agents.
    #[arg(long, default_value_t = 10_000)]
    agents: usize,
    /// How many connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long a run is.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// A new connection for each heartbeat.
    #[arg(long)]
    fresh: bool,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let fleets = enrolled(
        &flags.address,
        flags.token.as_deref(),
        flags.agents,
        flags.connections,
    );
    let mut fleets = runtime.block_on(fleets)?;
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let lasting = lasting(&line?, flags.seconds);
        let (told, back) = runtime.block_on(run(&flags, fleets, lasting));
        fleets = back;
        say(&told)?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

async fn run(flags: &Flags, fleets: Vec<Vec<Agent>>, lasting: Duration) -> (String, Vec<Vec<Agent>>) {
    let began = clock::now();
    let tasks: Vec<_> = fleets
        .into_iter()
        .map(|agents| tokio::spawn(drive(flags.address.clone(), agents, began + lasting, flags.fresh)))
        .collect();
    let mut all = Measured::default();
    let mut back = Vec::new();
    for task in tasks {
        match task.await {
            Ok((measured, agents)) => {
                all.merge(measured);
                back.push(agents);
            }
            Err(_) => all.failed += 1,
        }
    }
    (all.told(lasting).to_string(), back)
}

/// One connection's share of the fleet, again and again, until the time is over.
async fn drive(
    address: String,
    mut agents: Vec<Agent>,
    until: Instant,
    fresh: bool,
) -> (Measured, Vec<Agent>) {
    let mut measured = Measured::default();
    let mut request = Vec::new();
    let mut kept = None;
    'over: while !agents.is_empty() {
        for agent in &mut agents {
            agent.heartbeat(&mut request);
            let began = clock::now();
            if began >= until {
                break 'over;
            }
            match beat(&address, &mut kept, &request, fresh).await {
                Ok(200) => measured.note(began.elapsed()),
                _ => measured.failed += 1,
            }
        }
    }
    (measured, agents)
}

async fn beat(address: &str, kept: &mut Option<Line>, request: &[u8], fresh: bool) -> io::Result<u16> {
    let mut line = match kept.take() {
        Some(line) => line,
        None => Line::open(address).await?,
    };
    let status = line.ask(request).await?.status;
    if fresh {
        line.abort()?;
    } else {
        *kept = Some(line);
    }
    Ok(status)
}
