//! The owner's thread: takes events, ticks, publishes, and writes down now and then.

use rollcall_presence::{Effect, Event, Outcome, checkpoint};
use rollcall_shared::Cause;

use super::calls::slot_of;
use super::server::Command;
use super::{Happening, MILLI, SECOND, World};
use crate::faults::Fault;
use crate::oracle::{Due, Entry};
use crate::violation::{Violation, same};

/// How many of a thousand events the server survives by no more than a second: what was just told is what a kill costs.
const KILLS: u64 = 15;

/// How often the planted sweep looks for deadlines.
const SWEEP_EVERY: u64 = 30 * SECOND;

impl World {
    pub(super) fn tick_planned(&mut self, run: u32, plan: u32) -> Result<(), Violation> {
        let is_meant = self
            .running
            .as_ref()
            .is_some_and(|running| running.run == run && running.tick_plan == plan && !running.is_stalled);
        if is_meant { self.tick() } else { Ok(()) }
    }

    pub(super) fn drain_planned(&mut self, run: u32) -> Result<(), Violation> {
        let is_meant = self
            .running
            .as_ref()
            .is_some_and(|running| running.run == run && !running.is_stalled && !running.inbox.is_empty());
        if is_meant {
            self.drain()?;
            self.tick()
        } else {
            Ok(())
        }
    }

    /// Moves engine time and finds the deadlines that fell due.
    pub(super) fn tick(&mut self) -> Result<(), Violation> {
        let (untold, sweeps) = (self.has(Fault::BlindnessUntold), self.has(Fault::Sweep));
        let (early, raw) = (self.has(Fault::TooEarly), self.has(Fault::RawMonotonic));
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let monotonic = running.monotonic(self.now);
        let advance = running.ticker.tick(&running.clock, monotonic);
        let now = advance.now;
        let blind = self
            .oracle
            .advance(u64::try_from(monotonic.as_micros()).unwrap_or(u64::MAX));
        if !advance.blind.is_zero() && !untold {
            running.partition.blinded(now);
        }
        let mut effects = Vec::new();
        if sweeps && running.swept + SWEEP_EVERY > now.as_micros() {
            // Not yet.
        } else if early {
            running
                .partition
                .tick(now + rollcall_presence::engine_time::LONGEST_STEP, &mut effects);
        } else {
            running.swept = now.as_micros();
            running.partition.tick(now, &mut effects);
        }
        let seen_blind = u64::try_from(advance.blind.as_micros()).unwrap_or(u64::MAX);
        same(1, "blind time of a tick", &seen_blind, &blind)?;
        if raw || !advance.blind.is_zero() {
            self.engine_now()?;
        }
        if blind > 0 {
            self.meet("blindness");
            self.oracle.blinded();
            let until = self.wall_ms();
            self.was_blind((until - i64::try_from(blind / MILLI).unwrap_or(0), until));
            self.trace.note(
                self.now,
                format_args!("server was blind for {} ms", blind / MILLI),
            );
        }
        let dues = self.oracle.tick();
        let has_news = !effects.is_empty() || !dues.is_empty() || blind > 0;
        self.publish(&effects, &dues, 4)?;
        if has_news {
            self.check_all(None)?;
        } else {
            self.check_next()?;
        }
        self.look_around()?;
        self.plan_tick();
        Ok(())
    }

    /// Sleeps until the next deadline, or for as long as it may be idle.
    fn plan_tick(&mut self) {
        let idle = self.shape.idle_tick;
        let sweeps = self.has(Fault::Sweep);
        let Some(running) = &mut self.running else { return };
        let now = running.clock.now(running.monotonic(self.now));
        let next = running.partition.next_check().filter(|_| !sweeps);
        let wait = next.map_or(idle, |next| {
            u64::try_from(next.since(now).as_micros())
                .unwrap_or(idle)
                .clamp(1, idle)
        });
        running.tick_plan += 1;
        let (run, plan) = (running.run, running.tick_plan);
        self.plan(wait, Happening::Tick { run, plan });
    }

    /// What is done each second: dials, and writing down.
    fn look_around(&mut self) -> Result<(), Violation> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        if self.now.saturating_sub(running.saved) < self.shape.save_every {
            return Ok(());
        }
        running.saved = self.now;
        let checkpoints = self.now.saturating_sub(running.checkpointed) >= self.shape.checkpoint_every;
        self.save_engine_time();
        if !self.has(Fault::LastTransitionsLost) {
            self.write_down();
        }
        self.oracle.flush();
        if checkpoints {
            self.write_checkpoint();
        }
        self.check_who_is_back()?;
        self.check_daily_polls()?;
        self.dial_who_is_due();
        Ok(())
    }

    pub(super) fn save_engine_time(&mut self) {
        if let Some(running) = &self.running {
            self.disk.engine_time = running.clock.now(running.monotonic(self.now));
            self.disk.saved_at_ms = Some(self.wall_ms());
            let monotonic = running.monotonic(self.now).as_micros();
            self.oracle
                .engine_time_saved(u64::try_from(monotonic).unwrap_or(u64::MAX));
        }
    }

    /// Writes down the transitions and what else is known of agents.
    pub(super) fn write_down(&mut self) {
        if let Some(running) = &mut self.running {
            self.disk.entries.append(&mut running.unwritten);
            self.disk.agents.clone_from(&running.known);
            running.is_unwritten.fill(false);
        }
    }

    /// Writes down what is known of an agent before it is answered, where anything is not.
    pub(super) fn settle(&mut self, machine: usize) {
        if self
            .running
            .as_ref()
            .is_some_and(|running| running.is_unwritten[machine])
            && !self.has(Fault::LastTransitionsLost)
        {
            self.write_down();
            self.oracle.flush();
        }
    }

    pub(super) fn write_checkpoint(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.checkpointed = self.now;
        let now = running.clock.now(running.monotonic(self.now));
        let mut writer = checkpoint::Writer::new(now, self.machines.len());
        for (machine, one) in self.machines.iter().enumerate() {
            if let Some(known) = running.partition.remember(slot_of(machine)) {
                writer.add(one.agent, &known);
            }
        }
        self.disk.checkpoint = Some((now, writer.finish()));
        self.oracle.checkpointed();
    }

    /// Takes all that was queued.
    pub(super) fn drain(&mut self) -> Result<(), Violation> {
        while let Some(command) = self
            .running
            .as_mut()
            .and_then(|running| running.inbox.pop_front())
        {
            self.take(command)?;
        }
        Ok(())
    }

    fn take(&mut self, command: Command) -> Result<(), Violation> {
        let Command {
            machine,
            event,
            at,
            request,
        } = command;
        let (due_outcome, due) = self.oracle.event(machine, &event, at.as_micros());
        let swallowed = self.has(Fault::GoodbyeSwallowed) && matches!(event, Event::Goodbye { .. });
        let planted = self.event_as_planted(event);
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let mut effects = Vec::new();
        let outcome = if swallowed {
            Outcome::Accepted
        } else {
            running
                .partition
                .handle(slot_of(machine), planted, at, &mut effects)
        };
        if self.has(Fault::AlwaysFolded) {
            for effect in &mut effects {
                if matches!(event, Event::Register { .. }) {
                    effect.cause = Cause::Restarted;
                    effect.folds = true;
                }
            }
        }
        self.trace.note(
            self.now,
            format_args!("server takes {event:?} of agent {machine}: {outcome:?}"),
        );
        same(8, "what became of an event", &outcome, &due_outcome)?;
        if outcome == Outcome::Stale {
            self.meet("a stale event");
        }
        if outcome == Outcome::Accepted {
            self.remember(machine, &event);
            // Whoever plants this fault wants to see it within a few worlds.
            let kills = if self.is_often_killed || self.has(Fault::AnsweredBeforeWritten) {
                8 * KILLS
            } else {
                KILLS
            };
            if self.random.chance(kills) {
                let (run, wait) = (self.runs, self.random.up_to(1_200 * MILLI));
                self.plan(wait, Happening::Killed { run });
            }
        }
        let folds = effects.iter().any(|effect| effect.folds);
        let rule = match event {
            Event::Goodbye { .. } => 10,
            Event::Register { .. } if folds || due.is_some_and(|due| due.folds) => 10,
            Event::Retire => 4,
            Event::Register { .. } | Event::Contact { .. } => 2,
        };
        self.publish(&effects, due.as_slice(), rule)?;
        self.check_agent(machine, Some(rule))?;
        match request {
            Some(request) => self.answer_outcome(&request, outcome),
            None => Ok(()),
        }
    }

    fn event_as_planted(&self, event: Event) -> Event {
        let newest = self
            .running
            .as_ref()
            .map_or(0, |running| running.rulebook.newest());
        let mut event = event;
        match &mut event {
            Event::Register { fence, addresses, .. } => {
                if self.has(Fault::AllKnowTheNewest) {
                    fence.applied = newest;
                }
                if self.has(Fault::ObservedIgnored) {
                    addresses.observed = None;
                }
                if self.has(Fault::OwnIgnored) {
                    addresses.own = None;
                }
            }
            Event::Contact { fence, observed, .. } => {
                if self.has(Fault::AllKnowTheNewest) {
                    fence.applied = newest;
                }
                if self.has(Fault::ObservedIgnored) {
                    *observed = None;
                }
            }
            Event::Goodbye { .. } | Event::Retire => {}
        }
        event
    }

    /// What is kept of an agent beside presence follows its accepted events.
    fn remember(&mut self, machine: usize, event: &Event) {
        let Some(running) = &mut self.running else { return };
        let known = &mut running.known[machine];
        match *event {
            Event::Register { fence, addresses, .. } => {
                known.boot = Some(fence.boot);
                known.applied = fence.applied;
                known.addresses = addresses;
            }
            Event::Contact { fence, observed, .. } => {
                known.applied = fence.applied;
                if observed.is_some() {
                    known.addresses.observed = observed;
                }
            }
            Event::Goodbye { .. } | Event::Retire => return,
        }
        running.is_unwritten[machine] = true;
        self.machines[machine].counted_at = self.now;
    }

    /// Compares what changed with what had to, and gives it to history.
    pub(super) fn publish(&mut self, effects: &[Effect], dues: &[Due], rule: u8) -> Result<(), Violation> {
        self.check_effects(effects, dues, rule)?;
        let wall_ms = self.wall_ms();
        for effect in effects {
            let machine = effect.slot.0 as usize;
            self.transitions += 1;
            self.trace.note(
                self.now,
                format_args!(
                    "agent {machine}: {} -> {} by {}",
                    effect.from, effect.to, effect.cause
                ),
            );
            let entry = Entry {
                agent: machine,
                at_ms: wall_ms,
                from: effect.from,
                to: effect.to,
                cause: effect.cause,
                folds: effect.folds,
            };
            if let Some(running) = &mut self.running {
                running.unwritten.push(entry);
                running.known[machine].status = effect.to;
                running.known[machine].since_ms = wall_ms;
            }
            self.meet(match effect.cause {
                Cause::Deadline { .. } => self.kind_of_flip(machine, effect.at.as_micros()),
                Cause::Goodbye(kind) => kind.key(),
                Cause::Settings { .. } => "a save changes a status",
                Cause::Address => "an address changes a status",
                Cause::Contact(_) => "back by a contact",
                Cause::Registered(_) => "back by a registration",
                Cause::Restarted => "a folded restart",
                Cause::Inactive { .. } => "leaves the roll call",
                Cause::Retired => "retired",
                Cause::Enrolled => "enrolled",
            });
            if matches!(effect.cause, Cause::Deadline { .. }) {
                self.check_innocence(machine)?;
            }
            if let Some(due) = dues.iter().find(|due| due.agent == machine) {
                self.oracle.note(due, wall_ms);
            }
        }
        Ok(())
    }
}
