//! One run: a seed, perhaps a planted fault, and what came of it.

use std::collections::BTreeMap;

use crate::faults::Fault;
use crate::violation::Violation;
use crate::world::World;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The fault that was planted.
    pub fault: Option<Fault>,
    /// How many things happened, ticks included.
    pub steps: u64,
    /// How many transitions there were.
    pub transitions: u64,
    /// The whole trace as one number.
    pub hash: u64,
    /// The rule that did not hold.
    pub violation: Option<Violation>,
    /// What was met, and how often.
    pub met: BTreeMap<&'static str, u64>,
    /// The last lines of the trace, or all of it.
    pub lines: Vec<String>,
}

/// Runs the world of a seed to its end, or until a rule does not hold.
#[must_use]
pub fn run(seed: u64, fault: Option<Fault>, whole_trace: bool) -> Report {
    live(World::new(seed, fault, whole_trace), seed, fault)
}

/// The same, but only what comes out is looked at (statuses, transitions, history, what is dictated), and nothing that
/// they rest on. Finds later, and names the rule less well; that it finds at all is worth to know.
#[must_use]
pub fn run_from_outside(seed: u64, fault: Option<Fault>) -> Report {
    let mut world = World::new(seed, fault, false);
    world.from_outside = true;
    live(world, seed, fault)
}

/// The same, in a world whose server is killed eight times as often after what it took: the world in which
/// [`Fault::AnsweredBeforeWritten`] is planted, to hold that it is that fault which is found there and not the kills.
#[must_use]
pub fn run_with_many_kills(seed: u64) -> Report {
    let mut world = World::new(seed, None, false);
    world.is_often_killed = true;
    live(world, seed, None)
}

fn live(mut world: World, seed: u64, fault: Option<Fault>) -> Report {
    let violation = world.live().err();
    Report {
        seed,
        fault,
        steps: world.steps,
        transitions: world.transitions,
        hash: world.trace.hash() ^ world.steps,
        violation,
        met: world.met,
        lines: world.trace.into_lines(),
    }
}

impl core::fmt::Display for Report {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Some(violation) = &self.violation else {
            return write!(
                out,
                "seed {}: {} steps, {} transitions, trace {:016x}",
                self.seed, self.steps, self.transitions, self.hash
            );
        };
        for line in &self.lines {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "seed {}, step {}: {violation}", self.seed, self.steps)?;
        write!(
            out,
            "again: cargo run -p rollcall-simulation -- --seed {} --trace",
            self.seed
        )?;
        match self.fault {
            Some(fault) => write!(out, " --fault {}", fault.key()),
            None => Ok(()),
        }
    }
}
