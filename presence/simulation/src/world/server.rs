//! The server's process: how it starts from what was written down, and how it ends.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rollcall_presence::{
    Columns, EngineClock, EngineTime, Event, Partition, Restored, Rulebook, Ticker, checkpoint,
};
use rollcall_shared::Status;

use super::calls::{Request, slot_of};
use super::disk::Stored;
use super::{Happening, MILLI, SECOND, World};
use crate::faults::Fault;
use crate::oracle::Entry;
use crate::violation::{Violation, same};

/// An event in the owner's queue.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) machine: usize,
    pub(super) event: Event,
    pub(super) at: EngineTime,
    /// Who waits for an answer.
    pub(super) request: Option<Request>,
}

/// When an agent is dialled next, in true time, and up to which version it was dialled for news.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DialPlan {
    pub(super) due: Option<u64>,
    pub(super) version: u32,
}

/// A server that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) run: u32,
    /// When its process began: its monotonic clock counts from there.
    began: u64,
    /// Since when it hears, in true time: its start, or the end of its last stall.
    pub(super) hears_since: u64,
    pub(super) ticker: Ticker,
    pub(super) clock: EngineClock,
    pub(super) partition: Partition,
    pub(super) columns: Arc<Columns>,
    pub(super) rulebook: Arc<Rulebook>,
    pub(super) inbox: VecDeque<Command>,
    pub(super) is_stalled: bool,
    /// What arrived in the stall.
    pub(super) held: Vec<Happening>,
    /// Which planned tick is meant.
    pub(super) tick_plan: u32,
    pub(super) saved: u64,
    pub(super) checkpointed: u64,
    pub(super) swept: u64,
    /// Transitions that are not written down yet.
    pub(super) unwritten: Vec<Entry>,
    /// What it knows of each agent beside presence.
    pub(super) known: Vec<Stored>,
    /// Of whom something of that is not written down yet.
    pub(super) is_unwritten: Vec<bool>,
    pub(super) dials: Vec<DialPlan>,
}

impl Running {
    pub(super) fn monotonic(&self, now: u64) -> Duration {
        Duration::from_micros(now.saturating_sub(self.began))
    }
}

impl World {
    pub(super) fn start_server(&mut self) -> Result<(), Violation> {
        if self.running.is_some() {
            return Ok(());
        }
        let resumed = if self.has(Fault::EngineTimeLost) {
            EngineTime::ZERO
        } else {
            self.disk.engine_time
        };
        let started = if self.has(Fault::NoGraceAtStart) {
            EngineTime::ZERO
        } else {
            resumed
        };
        let rulebook = Arc::new(self.rulebook_on_disk());
        let mut partition = Partition::new(Arc::clone(&rulebook), started);
        let mut remembered = BTreeMap::new();
        if let Some((at, bytes)) = &self.disk.checkpoint {
            checkpoint::read(*at, bytes, |agent, known| {
                remembered.insert(agent.bits(), known);
            })
            .map_err(|damaged| Violation::of(6, format!("a checkpoint reads back: {damaged}")))?;
        }
        let saved_at_ms = self.disk.saved_at_ms.unwrap_or(self.wall_ms());
        let mut lasting = Vec::new();
        for (machine, stored) in self.disk.agents.iter().enumerate() {
            let in_status_for = u64::try_from(saved_at_ms - stored.since_ms).unwrap_or(0) * MILLI;
            lasting.push(in_status_for);
            let status = match stored.status {
                Status::Online if self.has(Fault::AllOfflineAtStart) => Status::Offline,
                status => status,
            };
            let restored = Restored {
                status,
                boot: stored.boot,
                applied: stored.applied,
                addresses: stored.addresses,
                in_status_for: Duration::from_micros(in_status_for),
                remembered: remembered.get(&self.machines[machine].agent.bits()).copied(),
            };
            let slot = partition.restore(&restored);
            same(
                6,
                "the slot of an agent that is read back",
                &slot,
                &Ok(slot_of(machine)),
            )?;
        }
        let (mut ticker, clock) = Ticker::resume(resumed);
        ticker.go_on(&clock, Duration::ZERO);
        self.runs += 1;
        self.meet("server starts");
        self.running = Some(Running {
            run: self.runs,
            began: self.now,
            hears_since: self.now,
            ticker,
            clock,
            columns: partition.columns(),
            partition,
            rulebook,
            inbox: VecDeque::new(),
            is_stalled: false,
            held: Vec::new(),
            tick_plan: 0,
            saved: self.now,
            checkpointed: self.now,
            swept: 0,
            unwritten: Vec::new(),
            known: self.disk.agents.clone(),
            is_unwritten: vec![false; self.disk.agents.len()],
            dials: vec![DialPlan::default(); self.disk.agents.len()],
        });
        self.trace
            .note(self.now, format_args!("server starts at {resumed}"));
        if let Some(saved_at_ms) = self.disk.saved_at_ms {
            self.was_blind((saved_at_ms, self.wall_ms()));
        }
        self.oracle.restart(&lasting);
        self.check_what_was_written()?;
        self.engine_now()?;
        self.check_all(Some(6))?;
        self.tick()
    }

    fn rulebook_on_disk(&self) -> Rulebook {
        let mut versions = self.disk.settings.iter();
        let forgotten = if self.has(Fault::OldVersionsForgotten) {
            self.disk.settings.len() - 1
        } else {
            0
        };
        let first = versions.nth(forgotten).cloned().unwrap_or_default();
        let book = Rulebook::new(first.0, &self.settings_as_planted(&first.1), self.shape.minute);
        versions.fold(book, |book, (version, settings)| {
            book.with(*version, &self.settings_as_planted(settings))
        })
    }

    /// Blind time goes into history.
    pub(super) fn was_blind(&mut self, span: (i64, i64)) {
        if span.0 < span.1 {
            self.oracle.blind.push(span);
            if !self.has(Fault::BlindTimeUnrecorded) {
                self.disk.blind.push(span);
            }
        }
    }

    /// Engine time, as a handler reads it; the oracle says the same (rule 1).
    pub(super) fn engine_now(&self) -> Result<EngineTime, Violation> {
        let Some(running) = &self.running else {
            return Ok(self.disk.engine_time);
        };
        let monotonic = running.monotonic(self.now);
        let seen = if self.has(Fault::RawMonotonic) {
            self.disk.engine_time + (monotonic.saturating_sub(running.monotonic(running.saved)))
        } else {
            running.clock.now(monotonic)
        };
        let due = self
            .oracle
            .now(u64::try_from(monotonic.as_micros()).unwrap_or(u64::MAX));
        if !self.from_outside {
            same(1, "engine time", &seen.as_micros(), &due)?;
        }
        Ok(seen)
    }

    /// It is told to stop, and writes down what it knows.
    pub(super) fn stop_server(&mut self, for_how_long: u64) -> Result<(), Violation> {
        if self.running.as_ref().is_none_or(|running| running.is_stalled) {
            return Ok(());
        }
        self.drain()?;
        self.trace.note(
            self.now,
            format_args!("server stops for {} s", for_how_long / SECOND),
        );
        if !self.has(Fault::LastTransitionsLost) {
            self.write_down();
        }
        self.oracle.flush();
        self.save_engine_time();
        self.write_checkpoint();
        self.running = None;
        self.plan(for_how_long, Happening::ServerStarts);
        Ok(())
    }

    /// It is killed, and what is in memory only is lost.
    pub(super) fn kill_server(&mut self, for_how_long: u64) {
        if self.running.take().is_some() {
            self.trace.note(
                self.now,
                format_args!("server is killed for {} s", for_how_long / SECOND),
            );
            self.meet("server is killed");
            if self.random.chance(100) {
                // It comes up as one that began now, and agents notice.
                self.memory_began = self.now;
            }
            self.plan(for_how_long, Happening::ServerStarts);
        }
    }

    /// It is suspended, or its machine is.
    pub(super) fn stall_server(&mut self, for_how_long: u64) {
        if let Some(running) = &mut self.running
            && !running.is_stalled
        {
            running.is_stalled = true;
            let run = running.run;
            self.trace.note(
                self.now,
                format_args!("server stalls for {} ms", for_how_long / MILLI),
            );
            self.plan(for_how_long, Happening::StallEnds { run });
        }
    }

    pub(super) fn stall_ends(&mut self, run: u32) -> Result<(), Violation> {
        let Some(running) = self.running.as_mut().filter(|running| running.run == run) else {
            return Ok(());
        };
        running.is_stalled = false;
        running.hears_since = self.now;
        let held = core::mem::take(&mut running.held);
        self.trace.note(self.now, format_args!("server goes on"));
        // Threads that take what came in may wake before the one that ticks.
        let ticks_first = self.random.chance(500);
        if ticks_first {
            self.tick()?;
        }
        for happening in held {
            self.happen(happening)?;
        }
        if ticks_first { self.drain() } else { self.tick() }
    }
}
