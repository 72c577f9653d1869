//! The theatre: a calendar of what happens next, and those to whom it happens.

mod admin;
mod calls;
mod checks;
mod dials;
mod disk;
mod fates;
mod hindsight;
mod machine;
mod network;
mod obedience;
mod owner;
mod server;
mod shape;

use std::collections::BTreeMap;

use crate::faults::Fault;
use crate::oracle::Oracle;
use crate::random::Random;
use crate::trace::Trace;
use crate::violation::Violation;
use calls::{Proof, Reply, Request};
use disk::Disk;
use machine::Machine;
use network::Weather;
use server::Running;
use shape::Shape;

/// Microseconds of a millisecond and of a second.
const MILLI: u64 = 1_000;
const SECOND: u64 = 1_000_000;

/// Something that happens.
#[derive(Debug)]
enum Happening {
    /// An agent's schedule asked to be woken.
    Wake { machine: usize, alarm: u32 },
    /// A request reaches where the server should be.
    Arrive(Request),
    /// An answer reaches where its agent should be.
    Return(Reply),
    /// An agent gives a call up.
    GiveUp {
        machine: usize,
        process: u32,
        sequence: u32,
    },
    /// The server's connection reaches where an agent should be.
    Knock { machine: usize, run: u32, news: bool },
    /// A proof reaches the server.
    Prove(Proof),
    /// A probe came to nothing.
    ProbeFailed { machine: usize, run: u32 },
    /// The server proved itself to an agent: it has news.
    Told { machine: usize, process: u32 },
    /// The owner ticks.
    Tick { run: u32, plan: u32 },
    /// The owner takes what was queued.
    Drain { run: u32 },
    /// A stall is over.
    StallEnds { run: u32 },
    /// The server is started.
    ServerStarts,
    /// The server is killed.
    Killed { run: u32 },
    /// A machine is set up, or its process starts.
    ProcessStarts { machine: usize, process: u32 },
    /// A machine wakes from suspend.
    Resumes { machine: usize },
    /// Weather ends.
    Clears { gateway: usize, spell: u32 },
    /// Something befalls someone.
    Fate,
}

/// A simulated world.
#[derive(Debug)]
pub(crate) struct World {
    /// True time in microseconds; nobody in the world reads it but as their own monotonic clock.
    now: u64,
    /// What the server's wall clock is ahead of true time, in milliseconds.
    wall_ahead_ms: i64,
    random: Random,
    calendar: BTreeMap<(u64, u64), Happening>,
    entries: u64,
    shape: Shape,
    machines: Vec<Machine>,
    gateways: Vec<Weather>,
    disk: Disk,
    running: Option<Running>,
    runs: u32,
    oracle: Oracle,
    /// When settings were last saved, in true time.
    saved_at: u64,
    /// When the server's memory began, in true time: what an agent is told as its epoch counts from there.
    memory_began: u64,
    fault: Option<Fault>,
    /// What an agent did that it must not do.
    disobedience: Option<Violation>,
    /// Whether only what comes out is looked at: statuses, transitions, history, what is dictated.
    pub(crate) from_outside: bool,
    /// Whether the server is killed often after what it took.
    pub(crate) is_often_killed: bool,
    pub(crate) trace: Trace,
    pub(crate) steps: u64,
    pub(crate) transitions: u64,
    /// What was met, and how often.
    pub(crate) met: BTreeMap<&'static str, u64>,
}

impl World {
    pub(crate) fn new(seed: u64, fault: Option<Fault>, whole_trace: bool) -> Self {
        let mut random = Random::new(seed);
        let shape = Shape::drawn(&mut random);
        let settings = admin::drawn(&mut random, &shape);
        let minute = u64::try_from(shape.minute.as_micros()).unwrap_or(u64::MAX);
        let mut world = Self {
            now: 0,
            wall_ahead_ms: 1_700_000_000_000,
            calendar: BTreeMap::new(),
            entries: 0,
            machines: Vec::new(),
            gateways: vec![Weather::default(); shape.gateways],
            disk: Disk::new((1, settings.clone())),
            running: None,
            runs: 0,
            oracle: Oracle::new(minute, (1, settings)),
            saved_at: 0,
            memory_began: 0,
            fault,
            disobedience: None,
            from_outside: false,
            is_often_killed: false,
            trace: Trace::new(whole_trace),
            steps: 0,
            transitions: 0,
            met: BTreeMap::new(),
            shape,
            random,
        };
        let shape = &world.shape;
        world.trace.note(0, format_args!("a world of {shape:?}"));
        world.plan(0, Happening::ServerStarts);
        for _ in 0..world.shape.agents {
            world.set_up_machine();
        }
        let first = world.random.up_to(world.shape.fate_every);
        world.plan(first, Happening::Fate);
        world
    }

    /// Lives until the end of its time, or until a rule does not hold.
    pub(crate) fn live(&mut self) -> Result<(), Violation> {
        while let Some(((at, _), happening)) = self.calendar.pop_first() {
            if at > self.shape.lasts {
                break;
            }
            self.now = at;
            self.steps += 1;
            self.happen(happening)?;
            if let Some(violation) = self.disobedience.take() {
                return Err(violation);
            }
        }
        self.check_history()
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Violation> {
        match happening {
            Happening::Wake { machine, alarm } => self.wake(machine, alarm),
            Happening::Arrive(request) => return self.arrive(request),
            Happening::Return(reply) => self.take_reply(reply),
            Happening::GiveUp {
                machine,
                process,
                sequence,
            } => self.give_up(machine, process, sequence),
            Happening::Knock { machine, run, news } => self.knock(machine, run, news),
            Happening::Prove(proof) => return self.prove(proof),
            Happening::ProbeFailed { machine, run } => return self.probe_failed(machine, run),
            Happening::Told { machine, process } => self.told(machine, process),
            Happening::Tick { run, plan } => return self.tick_planned(run, plan),
            Happening::Drain { run } => return self.drain_planned(run),
            Happening::StallEnds { run } => return self.stall_ends(run),
            Happening::ServerStarts => return self.start_server(),
            Happening::Killed { run } => {
                if self.running.as_ref().is_some_and(|running| running.run == run) {
                    let wait = self.random.spread(SECOND, 60 * SECOND);
                    self.kill_server(wait);
                }
            }
            Happening::ProcessStarts { machine, process } => self.start_process(machine, process),
            Happening::Resumes { machine } => self.resume(machine),
            Happening::Clears { gateway, spell } => self.clear(gateway, spell),
            Happening::Fate => return self.fate(),
        }
        Ok(())
    }

    /// Puts something into the calendar, `wait` microseconds from now.
    fn plan(&mut self, wait: u64, happening: Happening) {
        self.entries += 1;
        self.calendar
            .insert((self.now.saturating_add(wait), self.entries), happening);
    }

    /// The server's wall clock, in milliseconds.
    fn wall_ms(&self) -> i64 {
        self.wall_ahead_ms + i64::try_from(self.now / MILLI).unwrap_or(i64::MAX)
    }

    /// Counts that this was met: a test holds that worlds are rough enough.
    fn meet(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}
