//! A machine and the agent on it: what the agent's driver does around its shipped `Schedule`.

use rollcall_agent::schedule::{Answer, Call, Input, Schedule, Send};
use rollcall_shared::{AgentId, GoodbyeKind, Reachability, RegisterReason, Settings};

use super::calls::{Reply, ReplyTo, Request, Said};
use super::obedience::Told;
use super::{Happening, MILLI, SECOND, World};
use crate::oracle::rules::Whereabouts;

/// A machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) agent: AgentId,
    pub(super) schedule: Option<Schedule>,
    /// Which run of the process this is; messages to an older one reach nobody.
    pub(super) process: u32,
    alarm: u32,
    /// What its clock is ahead of true time, in microseconds.
    pub(super) clock_ahead: u64,
    pub(super) at: Whereabouts,
    pub(super) gateway: usize,
    pub(super) asleep: bool,
    is_leaving: bool,
    /// The settings that it lives by; kept over restarts of the process.
    living: Option<(u32, Settings)>,
    /// The last reachability that it was told.
    told_reachability: Reachability,
    /// What it has to keep to.
    pub(super) told: Told,
    /// Why its next process registers.
    pub(super) reason: RegisterReason,
    /// How long after its end the process is started again.
    pub(super) starts_after: Option<u64>,
    /// Since when it is awake, runs its agent, and its way to the server is in order.
    pub(super) well_since: Option<u64>,
    /// When a contact of it last counted, in true time.
    pub(super) counted_at: u64,
}

impl World {
    /// Enrols a machine that starts its agent soon.
    pub(super) fn set_up_machine(&mut self) {
        let machine = self.machines.len();
        let gateway = self.random.index(self.gateways.len());
        let at = self.new_address(gateway);
        self.machines.push(Machine {
            agent: AgentId::from_bits(self.random.bits()),
            schedule: None,
            process: 0,
            alarm: 0,
            clock_ahead: self.random.up_to(100_000 * SECOND),
            at,
            gateway,
            asleep: false,
            is_leaving: false,
            living: None,
            told_reachability: Reachability::Reachable,
            told: Told::default(),
            reason: RegisterReason::Install,
            starts_after: None,
            well_since: None,
            counted_at: 0,
        });
        self.disk.agents.push(super::disk::Stored::ENROLLED);
        self.oracle.enrol();
        let wait = self.random.spread(SECOND, 1_800 * SECOND);
        self.plan(wait, Happening::ProcessStarts { machine, process: 0 });
    }

    /// An address behind a gateway. The first one is none: there the server sees an agent's own address.
    pub(super) fn new_address(&mut self, gateway: usize) -> Whereabouts {
        let [low, high] = [self.random.between(1, 254), self.random.up_to(3)];
        let parse = |text: String| text.parse().ok();
        if gateway == 0 {
            let own = match self.random.up_to(3) {
                0 => parse(format!("2001:db8:{high}::{low:x}")),
                _ => parse(format!("192.0.2.{low}")),
            };
            let observed = own;
            Whereabouts { own, observed }
        } else {
            let mapped = if self.random.chance(300) { "::ffff:" } else { "" };
            Whereabouts {
                own: parse(format!("10.{gateway}.{high}.{low}")),
                observed: parse(format!("{mapped}198.51.100.{gateway}")),
            }
        }
    }

    fn clock_ms(&self, machine: usize) -> u64 {
        (self.now + self.machines[machine].clock_ahead) / MILLI
    }

    pub(super) fn start_process(&mut self, machine: usize, process: u32) {
        if self.machines[machine].process != process || self.machines[machine].schedule.is_some() {
            return;
        }
        let (now_ms, bits) = (self.clock_ms(machine), self.random.bits());
        let forgets = self.random.chance(100);
        let one = &mut self.machines[machine];
        if forgets {
            one.living = None;
        }
        let applied = one.living.as_ref().map_or(0, |(version, _)| *version);
        one.process += 1;
        one.told = Told::starting(self.now);
        one.schedule = Some(Schedule::new(one.reason, now_ms, bits).having_applied(applied));
        self.trace.note(
            self.now,
            format_args!("agent {machine} starts: {}", self.machines[machine].reason),
        );
        self.see_who_is_well();
        self.set_alarm(machine);
    }

    /// The process ends at once, without a word; it may be started again.
    pub(super) fn end_process(&mut self, machine: usize) {
        let one = &mut self.machines[machine];
        one.schedule = None;
        one.asleep = false;
        one.is_leaving = false;
        let process = one.process;
        if let Some(wait) = one.starts_after.take() {
            self.plan(wait, Happening::ProcessStarts { machine, process });
        }
        self.see_who_is_well();
    }

    /// Feeds the schedule and does what it says.
    pub(super) fn feed(&mut self, machine: usize, input: Input) {
        let (now_ms, bits) = (self.clock_ms(machine), self.random.bits());
        if self.machines[machine].schedule.is_none() {
            return;
        }
        self.note_told(machine, input, now_ms);
        let Some(input) = self.as_heard(machine, input, now_ms) else {
            return;
        };
        let Some(schedule) = &mut self.machines[machine].schedule else {
            return;
        };
        let step = schedule.handle(input, now_ms, bits);
        if let Some(send) = step.send {
            self.send(machine, send);
        }
        if let Some(end) = step.end {
            self.trace
                .note(self.now, format_args!("agent {machine} ends: {end:?}"));
            self.end_process(machine);
        }
        self.set_alarm(machine);
    }

    pub(super) fn set_alarm(&mut self, machine: usize) {
        let ahead = self.machines[machine].clock_ahead;
        let one = &mut self.machines[machine];
        one.alarm += 1;
        let alarm = one.alarm;
        if let Some(due_ms) = one.schedule.as_ref().and_then(Schedule::due) {
            let at = due_ms.saturating_mul(MILLI).saturating_sub(ahead);
            self.plan(at.saturating_sub(self.now), Happening::Wake { machine, alarm });
        }
    }

    pub(super) fn wake(&mut self, machine: usize, alarm: u32) {
        let one = &self.machines[machine];
        if one.alarm == alarm && !one.asleep {
            self.feed(machine, Input::Wake);
        }
    }

    pub(super) fn resume(&mut self, machine: usize) {
        if !self.machines[machine].asleep {
            return;
        }
        self.machines[machine].asleep = false;
        self.trace.note(self.now, format_args!("agent {machine} wakes"));
        self.see_who_is_well();
        self.feed(machine, Input::Resumed);
    }

    fn send(&mut self, machine: usize, send: Send) {
        self.note_sent(machine, &send, self.clock_ms(machine));
        let one = &self.machines[machine];
        let request = Request {
            to: ReplyTo {
                machine,
                process: one.process,
                sequence: send.fence.sequence,
                gateway: one.gateway,
                is_copy: false,
            },
            call: send.call,
            fence: send.fence,
            at: one.at,
        };
        self.trace.note(
            self.now,
            format_args!(
                "agent {machine} sends {:?}, {} {} applied {}",
                send.call, send.fence.boot, send.fence.sequence, send.fence.applied
            ),
        );
        let (process, sequence, gateway) = (one.process, send.fence.sequence, one.gateway);
        let takes = self.travel(gateway);
        if let Some(takes) = takes {
            self.plan(takes, Happening::Arrive(request.clone()));
        }
        if let Some(later) = self.echo()
            && self.travel(gateway).is_some()
        {
            let mut copy = request;
            copy.to.is_copy = true;
            // Never before what it is a copy of: that would be a loss, since nobody waits for a copy's answer.
            self.plan(takes.unwrap_or(0) + later, Happening::Arrive(copy));
        }
        self.plan(
            send.within_ms * MILLI,
            Happening::GiveUp {
                machine,
                process,
                sequence,
            },
        );
    }

    pub(super) fn give_up(&mut self, machine: usize, process: u32, sequence: u32) {
        if self.machines[machine].process == process && !self.machines[machine].asleep {
            self.feed(
                machine,
                Input::Failed {
                    sequence,
                    retry_after_ms: None,
                },
            );
        }
    }

    pub(super) fn take_reply(&mut self, reply: Reply) {
        let ReplyTo {
            machine,
            process,
            sequence,
            ..
        } = reply.to;
        if self.machines[machine].process != process || self.machines[machine].asleep {
            return;
        }
        let input = match reply.said {
            Said::Refused(refusal) => Input::Refused { sequence, refusal },
            Said::Unheard => Input::Failed {
                sequence,
                retry_after_ms: None,
            },
            Said::Later(wait) => Input::Failed {
                sequence,
                retry_after_ms: Some(wait),
            },
            Said::Registered {
                version,
                next,
                settings,
            } => {
                self.live_by(machine, version, settings, next.reachability);
                Input::Answered {
                    sequence,
                    answer: Answer::Registered {
                        next_in_ms: next.heartbeat_ms,
                        next_poll_in_ms: next.poll_ms,
                        epoch_s: next.epoch_s,
                        settings_version: version,
                        contact_every_ms: self.contact_every_ms(machine),
                    },
                }
            }
            Said::Polled { settings, next } => {
                let version = settings.as_ref().map(|(version, _)| *version);
                match settings {
                    Some((version, settings)) => self.live_by(machine, version, settings, next.reachability),
                    None => self.machines[machine].told_reachability = next.reachability,
                }
                Input::Answered {
                    sequence,
                    answer: Answer::Polled {
                        next_in_ms: next.heartbeat_ms,
                        next_poll_in_ms: next.poll_ms,
                        epoch_s: next.epoch_s,
                        settings_version: version,
                        contact_every_ms: self.contact_every_ms(machine),
                    },
                }
            }
            Said::Heard {
                next_in_ms,
                version,
                poll_now,
                epoch_s,
            } => Input::Answered {
                sequence,
                answer: Answer::Heard {
                    next_in_ms,
                    epoch_s,
                    settings_version: version,
                    poll_now,
                },
            },
            Said::Noted => Input::Answered {
                sequence,
                answer: Answer::Noted,
            },
        };
        self.trace
            .note(self.now, format_args!("agent {machine} hears {input:?}"));
        self.feed(machine, input);
    }

    fn live_by(&mut self, machine: usize, version: u32, settings: Settings, told: Reachability) {
        self.machines[machine].living = Some((version, settings));
        self.machines[machine].told_reachability = told;
    }

    /// How often the contact comes that keeps it online, by what it lives by.
    fn contact_every_ms(&self, machine: usize) -> u64 {
        let one = &self.machines[machine];
        let every = one
            .living
            .as_ref()
            .map_or_else(Settings::default, |(_, settings)| settings.clone())
            .duties(one.told_reachability)
            .contact_every;
        u64::try_from(every.lasting(self.shape.minute).as_millis()).unwrap_or(u64::MAX)
    }

    /// Someone at the machine, or its service manager, ends the process with a goodbye.
    pub(super) fn leave(&mut self, machine: usize, kind: GoodbyeKind) {
        self.trace
            .note(self.now, format_args!("agent {machine} is told to leave: {kind}"));
        self.machines[machine].is_leaving = true;
        self.see_who_is_well();
        self.feed(machine, Input::Leave(kind));
    }

    /// Notes since when each machine is well.
    pub(super) fn see_who_is_well(&mut self) {
        for machine in 0..self.machines.len() {
            let one = &self.machines[machine];
            let runs = one.schedule.is_some() && !one.asleep && !one.is_leaving;
            let is_well = runs && self.is_calm(one.gateway);
            let since = is_well.then(|| one.well_since.unwrap_or(self.now));
            self.machines[machine].well_since = since;
        }
    }
}

impl Request {
    /// Whether this call ends the process.
    pub(super) const fn is_goodbye(&self) -> bool {
        matches!(self.call, Call::Goodbye(_))
    }
}
