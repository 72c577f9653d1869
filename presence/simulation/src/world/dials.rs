//! The server connects to agents: to see whether those are there that it hears of in no other way (rule 3), and to
//! tell of news. Nobody who is in the unreachable network is dialled: by the newest settings, to see whether it is there; by
//! those that it knows, to tell it of news (rule 14).

use rollcall_agent::schedule::Input;
use rollcall_presence::{Contact, Event, spread};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{ContactKind, GoodbyeKind, LeaseKind, Reachability, Status};

use super::calls::{Proof, slot_of};
use super::{Happening, SECOND, World};
use crate::faults::Fault;
use crate::violation::Violation;

/// How long a dial may take.
const DIAL_WITHIN: u64 = 5 * SECOND;

impl World {
    pub(super) fn dial_who_is_due(&mut self) {
        let settings = self
            .disk
            .settings
            .last()
            .map(|(_, settings)| settings.clone())
            .unwrap_or_default();
        let verify_every = settings.verify_every.lasting(self.shape.minute);
        for machine in 0..self.machines.len() {
            let Some(running) = &mut self.running else { return };
            let Some(verdict) = running.partition.verdict(slot_of(machine)) else {
                continue;
            };
            let newest = running.rulebook.newest();
            let known = running.known[machine];
            let is_here = !matches!(known.status, Status::Pending | Status::Retired);
            // To see whether it is there follows the newest settings: else a wrong belief of what an agent applied
            // would keep the server from the one contact that could correct it.
            let verify = settings.duties(verdict.reachability).lease_kind == LeaseKind::Verification;
            let is_old = running.columns.applied(slot_of(machine)) != newest;
            let news = is_old && verdict.delivery == Reachability::Reachable;
            if !is_here || !(verify || news) {
                running.dials[machine].due = None;
                continue;
            }
            let soon = self.random.up_to(5 * SECOND);
            let interval = u64::try_from(verify_every.as_micros()).unwrap_or(0);
            let plan = &mut running.dials[machine];
            if news && plan.version != newest {
                plan.version = newest;
                plan.due = Some(self.now + soon);
            }
            let due = *plan
                .due
                .get_or_insert_with(|| self.now + self.random.up_to(interval / 2));
            // An interval that was shortened since holds for what was planned before, too.
            let due = due.min(self.now + interval);
            plan.due = Some(due);
            if due > self.now {
                continue;
            }
            let now = running.clock.now(running.monotonic(self.now));
            let next = spread::next_contact(verify_every, self.machines[machine].agent, now);
            let next = u64::try_from(next.as_micros()).unwrap_or(u64::MAX);
            let again = if news { next.min(60 * SECOND) } else { next };
            running.dials[machine].due = Some(self.now + again);
            self.dial(machine, news);
        }
    }

    fn dial(&mut self, machine: usize, news: bool) {
        let Some(running) = &self.running else { return };
        let (run, dialled) = (running.run, running.known[machine].addresses.observed);
        let one = &self.machines[machine];
        // Behind a router nobody can be connected to, and at an old address nobody is.
        let finds = one.gateway == 0 && dialled == one.at.observed;
        let takes = if finds { self.travel(0) } else { None };
        match takes {
            Some(takes) if takes < DIAL_WITHIN => self.plan(takes, Happening::Knock { machine, run, news }),
            _ => self.plan(DIAL_WITHIN, Happening::ProbeFailed { machine, run }),
        }
    }

    /// The server's connection arrives at an agent, or where one was.
    pub(super) fn knock(&mut self, machine: usize, run: u32, news: bool) {
        let one = &mut self.machines[machine];
        let fence = match &mut one.schedule {
            Some(schedule) if !one.asleep => schedule.prove(),
            _ => None,
        };
        let process = one.process;
        let takes = self.travel(0).filter(|takes| *takes < DIAL_WITHIN);
        match (fence, takes) {
            (Some(fence), Some(takes)) => {
                let proof = Proof {
                    machine,
                    process,
                    run,
                    news,
                    fence,
                };
                self.plan(takes, Happening::Prove(proof));
            }
            _ => self.plan(DIAL_WITHIN, Happening::ProbeFailed { machine, run }),
        }
    }

    /// A proof arrives: a contact like any other. The order that follows it says what the dial was for.
    pub(super) fn prove(&mut self, proof: Proof) -> Result<(), Violation> {
        let Some(running) = self.running.as_mut().filter(|running| running.run == proof.run) else {
            return Ok(());
        };
        if running.is_stalled {
            running.held.push(Happening::Prove(proof));
            return Ok(());
        }
        let machine = proof.machine;
        if running.known[machine].status == Status::Retired {
            return Ok(());
        }
        let outcome = self.hot(machine, proof.fence, ContactKind::Verification)?;
        if outcome == Contact::NeedsEvent {
            let event = Event::Contact {
                fence: proof.fence,
                kind: ContactKind::Verification,
                observed: None,
            };
            self.queue(machine, event, None)?;
        }
        // Who has to register is told to poll, and learns it from the answer.
        if (proof.news || outcome == Contact::RegisterFirst)
            && let Some(takes) = self.travel(0)
        {
            let process = proof.process;
            self.plan(takes, Happening::Told { machine, process });
        }
        Ok(())
    }

    /// The server proved itself: there is something new.
    pub(super) fn told(&mut self, machine: usize, process: u32) {
        let one = &self.machines[machine];
        if one.process == process && !one.asleep {
            self.feed(machine, Input::PollNow);
        }
    }

    /// A dial came to nothing, which changes nothing (rule 11).
    pub(super) fn probe_failed(&mut self, machine: usize, run: u32) -> Result<(), Violation> {
        let ends_lease = self.has(Fault::FailedProbeEndsLease);
        let now = self.engine_now()?;
        let Some(running) = self.running.as_mut().filter(|running| running.run == run) else {
            return Ok(());
        };
        self.trace
            .note(self.now, format_args!("a probe of agent {machine} failed"));
        let mut effects = Vec::new();
        let current = running
            .partition
            .remember(slot_of(machine))
            .and_then(|known| known.boot);
        if ends_lease && let Some((boot, sequence)) = current {
            let fence = Fence {
                boot,
                sequence: sequence + 1,
                applied: 0,
            };
            let event = Event::Goodbye {
                fence,
                kind: GoodbyeKind::Stop,
            };
            // Its outcome is the effects'.
            let _ = running
                .partition
                .handle(slot_of(machine), event, now, &mut effects);
        }
        self.meet("a failed probe");
        self.publish(&effects, &[], 11)?;
        self.check_agent(machine, Some(11))
    }
}
