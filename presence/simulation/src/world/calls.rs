//! What the server's handlers do with a call: the hot path or an event, then an answer.

use core::time::Duration;

use rollcall_agent::schedule::{Call, Refusal};
use rollcall_presence::{Addresses, Contact, EngineTime, Event, Outcome, Slot, spread};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::patience::LONGEST_SLOT;
use rollcall_shared::{ContactKind, Reachability, Settings, Status};

use super::server::Command;
use super::{Happening, MILLI, SECOND, World};
use crate::faults::Fault;
use crate::oracle::rules::Whereabouts;
use crate::violation::Violation;

/// Whose call it is, and the way back.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplyTo {
    pub(super) machine: usize,
    pub(super) process: u32,
    pub(super) sequence: u32,
    pub(super) gateway: usize,
    /// A copy that something on the way made: nobody waits for its answer.
    pub(super) is_copy: bool,
}

/// A call on its way.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) to: ReplyTo,
    pub(super) call: Call,
    pub(super) fence: Fence,
    pub(super) at: Whereabouts,
}

/// The proof that an agent gave to a dial, on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    pub(super) machine: usize,
    pub(super) process: u32,
    pub(super) run: u32,
    pub(super) news: bool,
    pub(super) fence: Fence,
}

/// An answer on its way.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) to: ReplyTo,
    pub(super) said: Said,
}

/// What the server dictates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) reachability: Reachability,
    pub(super) heartbeat_ms: Option<u64>,
    pub(super) poll_ms: u64,
    pub(super) epoch_s: u32,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) enum Said {
    Registered {
        version: u32,
        settings: Settings,
        next: Next,
    },
    Polled {
        settings: Option<(u32, Settings)>,
        next: Next,
    },
    Heard {
        next_in_ms: u64,
        version: u32,
        poll_now: bool,
        epoch_s: u32,
    },
    Noted,
    Refused(Refusal),
    /// Come back later, in so many milliseconds.
    Later(u64),
    /// There is no server.
    Unheard,
}

/// An agent's slot: the order in which they were enrolled.
pub(super) fn slot_of(machine: usize) -> Slot {
    Slot(u32::try_from(machine).unwrap_or(u32::MAX))
}

pub(super) const fn addresses(at: Whereabouts) -> Addresses {
    Addresses {
        own: at.own,
        observed: at.observed,
    }
}

impl World {
    /// A call arrives.
    pub(super) fn arrive(&mut self, request: Request) -> Result<(), Violation> {
        let Some(running) = &mut self.running else {
            // Refused at once, or nobody says anything.
            if self.random.chance(700) {
                self.reply(request.to, Said::Unheard);
            }
            return Ok(());
        };
        if running.is_stalled {
            running.held.push(Happening::Arrive(request));
            return Ok(());
        }
        let machine = request.to.machine;
        // The credential says who it is, and whether it was retired.
        if running.known[machine].status == Status::Retired {
            self.reply(request.to, Said::Refused(Refusal::Retired));
            return Ok(());
        }
        match request.call {
            // Nothing is handed out here that could be acknowledged.
            Call::Heartbeat | Call::Ack => self.contact(&request, ContactKind::Heartbeat),
            Call::Poll => self.contact(&request, ContactKind::Poll),
            Call::Register(reason) => {
                let event = Event::Register {
                    fence: request.fence,
                    reason,
                    addresses: addresses(request.at),
                };
                self.queue(machine, event, Some(request))
            }
            Call::Goodbye(kind) => {
                let event = Event::Goodbye {
                    fence: request.fence,
                    kind,
                };
                self.queue(machine, event, Some(request))
            }
        }
    }

    /// The hot path; what is for the owner is queued.
    fn contact(&mut self, request: &Request, kind: ContactKind) -> Result<(), Violation> {
        let machine = request.to.machine;
        match self.hot(machine, request.fence, kind)? {
            Contact::Stale => self.reply(request.to, Said::Refused(Refusal::StaleSequence)),
            Contact::RegisterFirst => self.reply(request.to, Said::Refused(Refusal::RegisterFirst)),
            outcome => {
                let moved = self
                    .running
                    .as_ref()
                    .is_some_and(|running| running.known[machine].addresses.observed != request.at.observed);
                if outcome == Contact::Renewed && !moved {
                    if self.random.chance(10) {
                        // It has no time now; the contact counts all the same (rule 2).
                        let slot = LONGEST_SLOT.min(self.shape.minute).as_millis();
                        let wait = self.random.up_to(u64::try_from(slot).unwrap_or(0));
                        self.meet("come back later");
                        self.reply(request.to, Said::Later(wait));
                        return Ok(());
                    }
                    return self.answer(request);
                }
                let event = Event::Contact {
                    fence: request.fence,
                    kind,
                    observed: request.at.observed,
                };
                return self.queue(machine, event, Some(request.clone()));
            }
        }
        Ok(())
    }

    /// A contact on the hot path, and what the oracle says of it.
    pub(super) fn hot(
        &mut self,
        machine: usize,
        fence: Fence,
        kind: ContactKind,
    ) -> Result<Contact, Violation> {
        let now = self.engine_now()?;
        let due = self.oracle.contact(machine, fence, kind, now.as_micros());
        let ignored = match kind {
            ContactKind::Poll => self.has(Fault::PollsDoNotCount),
            ContactKind::Verification => self.has(Fault::ProofsDoNotCount),
            _ => false,
        };
        let fence = self.fence_as_planted(machine, fence);
        let Some(running) = &self.running else {
            return Ok(due);
        };
        let seen = if ignored {
            due
        } else {
            running.columns.contact(slot_of(machine), fence, kind, now)
        };
        self.trace.note(
            self.now,
            format_args!(
                "server hears agent {machine}: {kind} {}: {seen:?}",
                fence.sequence
            ),
        );
        self.meet(match due {
            Contact::Renewed => kind.key(),
            Contact::NeedsEvent => "a contact for the owner",
            Contact::Stale => "a stale contact",
            Contact::RegisterFirst => "a contact of another boot",
        });
        self.check_contact(machine, seen, due)?;
        if matches!(due, Contact::Renewed | Contact::NeedsEvent) {
            self.machines[machine].counted_at = self.now;
        }
        self.check_agent(machine, None)?;
        Ok(seen)
    }

    fn fence_as_planted(&self, machine: usize, fence: Fence) -> Fence {
        let Some(running) = &self.running else {
            return fence;
        };
        if self.has(Fault::AllKnowTheNewest) {
            return Fence {
                applied: running.rulebook.newest(),
                ..fence
            };
        }
        let current = running
            .partition
            .remember(slot_of(machine))
            .and_then(|known| known.boot);
        match current {
            Some((boot, sequence)) if self.has(Fault::FenceStripped) => Fence {
                boot,
                sequence: sequence + 1,
                ..fence
            },
            _ => fence,
        }
    }

    /// Gives an event to the owner, who takes it when it comes to it.
    pub(super) fn queue(
        &mut self,
        machine: usize,
        event: Event,
        request: Option<Request>,
    ) -> Result<(), Violation> {
        let at = self.engine_now()?;
        let wait = self.random.up_to(20 * MILLI);
        if let Some(running) = &mut self.running {
            running.inbox.push_back(Command {
                machine,
                event,
                at,
                request,
            });
            let run = running.run;
            self.plan(wait, Happening::Drain { run });
        }
        Ok(())
    }

    /// The answer to a call that the owner took.
    pub(super) fn answer_outcome(&mut self, request: &Request, outcome: Outcome) -> Result<(), Violation> {
        let refusal = match outcome {
            Outcome::Accepted => return self.answer(request),
            Outcome::Stale => Refusal::StaleSequence,
            Outcome::RegisterFirst => Refusal::RegisterFirst,
            Outcome::Gone => Refusal::Retired,
        };
        self.reply(request.to, Said::Refused(refusal));
        Ok(())
    }

    fn answer(&mut self, request: &Request) -> Result<(), Violation> {
        let machine = request.to.machine;
        if request.is_goodbye() {
            self.reply(request.to, Said::Noted);
            return Ok(());
        }
        // Who is answered on these will not say it again soon: what it said has to survive a kill. Heartbeats do not
        // wait, since the next one says it again.
        if request.call != Call::Heartbeat && !self.has(Fault::AnsweredBeforeWritten) {
            self.settle(machine);
        }
        let now = self.engine_now()?;
        let next = self.next(machine, now)?;
        let Some((version, settings)) = self.disk.settings.last().cloned() else {
            return Ok(());
        };
        let said = match request.call {
            Call::Register(_) => Said::Registered {
                version,
                settings: settings.for_agents(),
                next,
            },
            Call::Poll => Said::Polled {
                settings: (request.fence.applied != version).then(|| (version, settings.for_agents())),
                next,
            },
            _ => Said::Heard {
                next_in_ms: next.heartbeat_ms.unwrap_or(next.poll_ms),
                version,
                // It beats though it is to send none: it learns of that by polling.
                poll_now: next.heartbeat_ms.is_none(),
                epoch_s: next.epoch_s,
            },
        };
        self.reply(request.to, said);
        Ok(())
    }

    /// What is dictated to an agent (rule 15).
    fn next(&mut self, machine: usize, now: EngineTime) -> Result<Next, Violation> {
        let settings = self
            .disk
            .settings
            .last()
            .map(|(_, settings)| settings.clone())
            .unwrap_or_default();
        let verdict = self
            .running
            .as_ref()
            .and_then(|running| running.partition.verdict(slot_of(machine)));
        let reachability = verdict.map_or(Reachability::Reachable, |verdict| verdict.reachability);
        let duties = settings.duties(reachability);
        let agent = self.machines[machine].agent;
        let stretched = self.has(Fault::IntervalStretched);
        let dictate = |every: Duration| {
            let next = spread::next_contact(every, agent, now);
            if stretched { next * 4 / 3 } else { next }
        };
        let heartbeat = duties
            .heartbeat_every
            .map(|every| dictate(every.lasting(self.shape.minute)));
        let poll = dictate(duties.poll_every.lasting(self.shape.minute));
        self.check_dictated(machine, heartbeat, poll)?;
        let in_ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Ok(Next {
            reachability,
            heartbeat_ms: heartbeat.map(in_ms),
            poll_ms: in_ms(poll),
            epoch_s: u32::try_from((self.now - self.memory_began) / SECOND).unwrap_or(u32::MAX),
        })
    }

    fn reply(&mut self, to: ReplyTo, said: Said) {
        if to.is_copy {
            return;
        }
        let reply = Reply { to, said };
        let takes = self.travel(to.gateway);
        if let Some(takes) = takes {
            self.plan(takes, Happening::Return(reply.clone()));
        }
        if let Some(later) = self.echo()
            && self.travel(to.gateway).is_some()
        {
            self.meet("a repeated answer");
            self.plan(takes.unwrap_or(0) + later, Happening::Return(reply));
        }
    }
}
