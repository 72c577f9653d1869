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
    /// How it was run.
    pub manner: Manner,
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

/// How to run a world, besides its seed and its fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// Only what comes out is looked at (statuses, transitions, history, what is dictated, what agents send), and nothing
    /// that they rest on. Finds later, and names the rule less well; that it finds at all is worth to know.
    pub from_outside: bool,
    /// The server is killed eight times as often after what it took: the world in which
    /// [`Fault::AnsweredBeforeWritten`] is planted, to hold that it is that fault which is found there and not the kills.
    pub many_kills: bool,
}

/// Runs the world of a seed to its end, or until a rule does not hold.
#[must_use]
pub fn run(seed: u64, fault: Option<Fault>, whole_trace: bool) -> Report {
    run_so(seed, fault, Manner::default(), whole_trace)
}

/// The same in another manner.
#[must_use]
pub fn run_so(seed: u64, fault: Option<Fault>, manner: Manner, whole_trace: bool) -> Report {
    let mut world = World::new(seed, fault, whole_trace);
    world.from_outside = manner.from_outside;
    world.is_often_killed = manner.many_kills;
    let violation = world.live().err();
    Report {
        seed,
        fault,
        manner,
        steps: world.steps,
        transitions: world.transitions,
        hash: world.trace.hash() ^ world.steps,
        violation,
        met: world.met,
        lines: world.trace.into_lines(),
    }
}

impl Report {
    /// The options of the command that does it again.
    fn options(&self) -> Vec<String> {
        let mut options = vec!["--seed".to_owned(), self.seed.to_string(), "--trace".to_owned()];
        if let Some(fault) = self.fault {
            options.extend(["--fault".to_owned(), fault.key().to_owned()]);
        }
        if self.manner.from_outside {
            options.push("--from-outside".to_owned());
        }
        if self.manner.many_kills {
            options.push("--many-kills".to_owned());
        }
        options
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
        write!(out, "again: cargo run -p rollcall-simulation --")?;
        for option in self.options() {
            write!(out, " {option}")?;
        }
        Ok(())
    }
}
