//! A fleet in memory, without sockets: what an agent takes on the server, by part; how quickly contacts are taken; how
//! late deadlines are noticed, idle and under load, and when many fall due at one instant; how long a fleet takes to be
//! taken up.
//!
//! `cargo bench -p rollcall-server --bench million -- [AGENTS]`, a million where nothing is said. Prints one line of JSON
//! for each figure, for `make bench` to read. Memory is what the system says that the process holds, so parts are
//! rounded to whole allocations, spare room of growing tables and all.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people: counts far below what a float holds exactly"
)]

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rollcall_presence::checkpoint::Remembered;
use rollcall_presence::{Addresses, EngineTime, Heard, Place, Restored, Rulebook};
use rollcall_server::auth::agents::{AgentCredentials, Known as Credential};
use rollcall_server::auth::proof_key::ProofKey;
use rollcall_server::clock::Clock;
use rollcall_server::engine::detection::Stage;
use rollcall_server::engine::{Engine, Known, News, Prepared, Running, Start};
use rollcall_server::roster::Roster;
use rollcall_server::store::agents::AgentRecord;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, BootId, Cause, ContactKind, DomainId, Minutes, Settings, Status};

/// A minute of the settings in this bench: leases of some seconds.
const MINUTE: Duration = Duration::from_millis(200);

/// Where engine time stands at the start: long after zero, so that everybody can have been heard before.
const RESUMED: EngineTime = EngineTime::from_secs(1_000_000);

fn main() {
    // `cargo bench` says --bench; what is no number is not for us.
    let agents = std::env::args()
        .find_map(|given| given.parse().ok())
        .unwrap_or(1_000_000);
    memory(agents);
    contacts(agents);
    detection(agents);
}

fn say(row: &str, unit: &str, value: f64) {
    let mut out = std::io::stdout().lock();
    let _said = writeln!(out, r#"{{"row":"{row}","unit":"{unit}","value":{value:.3}}}"#);
}

/// Bytes that the process holds in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4_096
}

fn fence(sequence: u32) -> Option<Fence> {
    Some(Fence {
        boot: BootId::from_bits(7)?,
        sequence,
        applied: 1,
    })
}

fn id(number: u32) -> AgentId {
    // As real ids are: spread over all bits.
    AgentId::from_bits(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1)
}

/// Where an engine starts whose agents are online for `offline_after` of its minutes after each contact.
fn start(offline_after: i64) -> Start {
    let minutes = |count| Minutes::try_new(count).unwrap_or(Minutes::MIN);
    let settings = Settings {
        heartbeat_every: minutes(1),
        offline_after: minutes(offline_after),
        ..Settings::default()
    };
    Start {
        resumed: RESUMED,
        saved_wall_ms: None,
        rulebook: Arc::new(Rulebook::new(1, &settings, MINUTE)),
        last_transition: None,
    }
}

/// An agent that was online when engine time was saved, and heard so long before.
fn known(number: u32, ago: Duration) -> Known {
    let heard = Heard {
        at: RESUMED - ago,
        kind: Some(ContactKind::Heartbeat),
    };
    let boot = BootId::from_bits(7);
    Known {
        agent: id(number),
        restored: Restored {
            status: Status::Online,
            boot,
            applied: 1,
            addresses: Addresses {
                own: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))),
                observed: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
            },
            in_status_for: Duration::ZERO,
            remembered: Some(Remembered {
                heard,
                boot: boot.map(|boot| (boot, 1)),
                applied: 1,
                paths: Default::default(),
            }),
        },
    }
}

fn record(number: u32) -> AgentRecord {
    AgentRecord {
        id: id(number),
        name: format!("pos-{:04}-{:05}.branch", number / 100_000, number % 100_000),
        domain: DomainId::ROOT,
        platform: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        machine_id: String::new(),
        agent_version: "0.1.0".to_owned(),
        secret_hash: [7; 32],
        status: Status::Online,
        since_ms: 1_700_000_000_000,
        cause: Cause::Contact(ContactKind::Heartbeat),
        last_contact: None,
        address: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
        boot: BootId::from_bits(7),
        applied: 1,
        enrolled_at_ms: 0,
        local_address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))),
        notify_port: Some(4711),
        proof_key: None,
        retired_by: None,
        addresses: Vec::new(),
    }
}

fn prepare(
    clock: Clock,
    start: &Start,
    fleet: impl Iterator<Item = Known>,
) -> Option<(Engine, Prepared, Vec<Place>)> {
    let (engine, mut prepared) = Engine::prepare(clock, start);
    let places: Result<Vec<Place>, _> = fleet.map(|known| prepared.take_up(&known)).collect();
    Some((engine, prepared, places.ok()?))
}

/// A fleet whose agents were heard one after the other over a lease.
fn over(agents: u32, lease: Duration) -> impl Iterator<Item = Known> {
    (0..agents).map(move |number| {
        known(
            number,
            lease.mul_f64(f64::from(number) / f64::from(agents.max(1))),
        )
    })
}

fn memory(agents: u32) {
    let start = start(60);
    let clock = Clock::start();
    let before = resident();
    let Some((engine, prepared, places)) = prepare(clock, &start, over(agents, MINUTE * 60)) else {
        return;
    };
    say(
        "take a fleet up: engine",
        "ms",
        clock.monotonic().as_secs_f64() * 1e3,
    );
    // The list of places is this bench's own.
    let listed = u64::from(agents) * u64::try_from(size_of::<Place>()).unwrap_or(0);
    let engine_took = resident().saturating_sub(before + listed);
    say(
        "memory of an agent: engine (cells, owner, deadlines)",
        "B",
        engine_took as f64 / f64::from(agents),
    );
    let per = |bytes: u64| bytes as f64 / f64::from(agents);

    let before = resident();
    let credentials = AgentCredentials::default();
    for (number, place) in (0..).zip(&places) {
        let known = Credential {
            proof_key: Some(ProofKey::from_bytes([9; 32])),
            ..Credential::default()
        };
        credentials.insert(id(number), [7; 32], *place, known);
    }
    say(
        "memory of an agent: credentials",
        "B",
        per(resident().saturating_sub(before)),
    );

    let before = resident();
    let clock = Clock::start();
    let roster = Roster::new(engine);
    for (number, place) in (0..).zip(&places) {
        roster.insert(&record(number), *place);
    }
    say(
        "take a fleet up: roster",
        "ms",
        clock.monotonic().as_secs_f64() * 1e3,
    );
    say(
        "memory of an agent: roster (names)",
        "B",
        per(resident().saturating_sub(before)),
    );
    drop((prepared, credentials, roster));
}

fn contacts(agents: u32) {
    let Some((engine, _prepared, places)) = prepare(Clock::start(), &start(60), over(agents, MINUTE * 60))
    else {
        return;
    };
    let clock = Clock::start();
    let begun = clock.monotonic();
    let mut heard = 0_u64;
    for sequence in 2..5 {
        let Some(fence) = fence(sequence) else { return };
        for place in &places {
            let _contact = engine.contact(*place, fence, ContactKind::Heartbeat);
            heard += 1;
        }
    }
    let took = clock.monotonic().saturating_sub(begun);
    say(
        "contacts, one thread, agents in order",
        "1/s",
        heard as f64 / took.as_secs_f64(),
    );
}

/// What the engine published: how many, and when the last of them was.
#[derive(Default)]
struct Published {
    changes: AtomicU64,
    last_us: AtomicU64,
}

fn run(
    start: &Start,
    fleet: impl Iterator<Item = Known>,
    clock: Clock,
) -> Option<(Engine, Running, Vec<Place>, Arc<Published>)> {
    let (engine, prepared, places) = prepare(clock, start, fleet)?;
    let published = Arc::new(Published::default());
    let sink = Arc::clone(&published);
    let running = prepared
        .start(vec![Box::new(move |news| {
            if let News::Changes(changes) = news {
                sink.changes.fetch_add(changes.len() as u64, Ordering::Relaxed);
                let now = u64::try_from(clock.monotonic().as_micros()).unwrap_or(u64::MAX);
                sink.last_us.store(now, Ordering::Relaxed);
            }
        })])
        .ok()?;
    engine.go_on().ok()?;
    Some((engine, running, places, published))
}

/// Deadlines of a whole fleet over some seconds, with one thread that keeps taking contacts of agents that stay, and
/// without; and a tenth of a fleet at one instant.
fn detection(agents: u32) {
    for (name, loaded) in [("idle", false), ("one core taking contacts", true)] {
        let clock = Clock::start();
        let Some((engine, running, places, published)) = run(&start(60), over(agents, MINUTE * 20), clock)
        else {
            return;
        };
        let stop = Arc::new(AtomicBool::new(false));
        let load = loaded.then(|| {
            let (engine, stop, places) = (engine.clone(), Arc::clone(&stop), places.clone());
            std::thread::spawn(move || {
                // One in ten stays, and is heard all the time.
                for sequence in 2.. {
                    for place in places.iter().step_by(10) {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        if let Some(fence) = fence(sequence) {
                            let _contact = engine.contact(*place, fence, ContactKind::Heartbeat);
                        }
                    }
                }
            })
        });
        let expected = u64::from(agents) - if loaded { u64::from(agents.div_ceil(10)) } else { 0 };
        while published.changes.load(Ordering::Relaxed) < expected
            && clock.monotonic() < Duration::from_mins(1)
        {
            wait(&clock, Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        if let Some(load) = load {
            let _ended = load.join();
        }
        let told = engine.lateness(Stage::Transition);
        let ms = |span: Duration| span.as_secs_f64() * 1e3;
        say(
            &format!("deadline to transition, {name}: median"),
            "ms",
            ms(told.median),
        );
        say(
            &format!("deadline to transition, {name}: p99"),
            "ms",
            ms(told.p99),
        );
        say(
            &format!("deadline to transition, {name}: worst"),
            "ms",
            ms(told.worst),
        );
        say(
            &format!("deadline to transition, {name}: transitions"),
            "",
            told.count as f64,
        );
        running.stop();
    }
    at_one_instant(agents);
}

fn at_one_instant(agents: u32) {
    let silent = agents / 10;
    let clock = Clock::start();
    // A tenth was heard at one instant, and its lease ends two seconds from now; the others' much later.
    let lease = MINUTE * 600;
    let fleet = (0..agents).map(|number| {
        let ago = if number < silent {
            lease.saturating_sub(Duration::from_secs(2))
        } else {
            Duration::ZERO
        };
        known(number, ago)
    });
    let Some((engine, running, _places, published)) = run(&start(600), fleet, clock) else {
        return;
    };
    while published.changes.load(Ordering::Relaxed) < u64::from(silent)
        && clock.monotonic() < Duration::from_mins(1)
    {
        wait(&clock, Duration::from_millis(20));
    }
    let told = engine.lateness(Stage::Transition);
    say(
        "a tenth silent at one instant: last transition after",
        "ms",
        told.worst.as_secs_f64() * 1e3,
    );
    say(
        "a tenth silent at one instant: transitions",
        "",
        told.count as f64,
    );
    running.stop();
}

#[expect(clippy::disallowed_methods, reason = "a bench lets time pass")]
fn wait(_clock: &Clock, span: Duration) {
    std::thread::sleep(span);
}
