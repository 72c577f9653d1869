//! The owner of a part of the fleet: takes what is rare as events, finds deadlines, says what changed.
//!
//! `handle(event) -> outcome` and `tick(now)`, both appending [`Effect`]s; nothing else changes a status. An
//! owner is used by one thread at a time. What is frequent (a contact of an agent that is online) never comes
//! here: see [`Columns::contact`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rollcall_shared::{
    BootId, Cause, ContactKind, GoodbyeKind, Presence, Reachability, RegisterReason, Status,
};

use crate::cell::{Cell, Contact, Heard, Judged, deadline};
use crate::columns::{Columns, Slot, TableFull};
use crate::deadlines::Deadlines;
use crate::engine_time::EngineTime;
use crate::lease::Lease;

/// How long after a goodbye a registration still makes it a restart, and how long an announced restart may
/// take (rule 10).
pub const RESTART_WINDOW: Duration = Duration::from_mins(1);

/// Something rare that happened to an agent. Times are those of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A boot announces itself.
    Register {
        /// The boot, current from now on.
        boot: BootId,
        /// Its sequence.
        sequence: u32,
        /// Why.
        reason: RegisterReason,
    },
    /// A contact that passed the fence and found the agent not online.
    Contact {
        /// The boot that passed.
        boot: BootId,
        /// The sequence that passed.
        sequence: u32,
        /// How it was heard.
        kind: ContactKind,
    },
    /// The agent says what becomes of it (rule 10).
    Goodbye {
        /// The boot that says it.
        boot: BootId,
        /// Its sequence.
        sequence: u32,
        /// What it announces.
        kind: GoodbyeKind,
    },
    /// A person retires it.
    Retire,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It counted.
    Accepted,
    /// The sequence is not higher than the last one: nothing changed.
    Stale,
    /// The boot is not the current one: it has to register.
    RegisterFirst,
    /// The agent is retired, or there is none in that slot: nothing changed.
    Gone,
}

/// A change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub slot: Slot,
    /// What it was.
    pub from: Status,
    /// What it is now.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When: at the event, or at the tick that found the deadline.
    pub at: EngineTime,
    /// When and how it was last heard, where it was.
    pub heard: Heard,
    /// Whether the change before this one and this one are a single restart (rule 10): the earlier one is
    /// no longer shown.
    pub folds: bool,
}

/// What is known of an agent when the engine starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Its last status.
    pub status: Status,
    /// The boot that was current.
    pub boot: Option<BootId>,
}

/// An agent as its owner knows it, beside its cell.
#[derive(Debug, Clone, Copy)]
struct Owned {
    standing: Standing,
    reachability: Reachability,
    /// The last goodbye, while it still matters.
    farewell: Option<(GoodbyeKind, EngineTime)>,
    /// The boot before the current one and its last sequence: its late registration must not come back.
    superseded: Option<(BootId, u32)>,
}

/// Whether an agent is part of the roll call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Pending,
    RollCall,
    Inactive,
    Retired,
}

/// A part of the fleet.
#[derive(Debug)]
pub struct Partition {
    columns: Arc<Columns>,
    owned: Vec<Owned>,
    deadlines: Deadlines,
    lease: Lease,
}

impl Partition {
    /// An empty part, whose agents live by this lease.
    #[must_use]
    pub fn new(lease: Lease) -> Self {
        Self {
            columns: Arc::default(),
            owned: Vec::new(),
            deadlines: Deadlines::default(),
            lease,
        }
    }

    /// The cells, for the hot side.
    #[must_use]
    pub fn columns(&self) -> Arc<Columns> {
        Arc::clone(&self.columns)
    }

    /// Takes up an agent that was just enrolled: pending, until it registers.
    ///
    /// # Errors
    /// Where the partition is full.
    pub fn enrol(&mut self) -> Result<Slot, TableFull> {
        self.restore(
            Restored {
                status: Status::Pending,
                boot: None,
            },
            EngineTime::ZERO,
        )
    }

    /// Takes up an agent as it was when the engine stopped. No transition is made for the gap (rule 6): who
    /// was online has a whole lease from `now`.
    ///
    /// # Errors
    /// Where the partition is full.
    pub fn restore(&mut self, restored: Restored, now: EngineTime) -> Result<Slot, TableFull> {
        let index = u32::try_from(self.owned.len()).map_err(|_| TableFull)?;
        let slot = Slot(index);
        let cell = self.columns.make(slot)?;
        if let Some(boot) = restored.boot {
            // Its sequences are forgotten; any goes on.
            cell.fence(boot, 0);
        }
        let (standing, reachability, online) = match restored.status {
            Status::Online => (Standing::RollCall, Reachability::Reachable, true),
            Status::UnreachableOnline => (Standing::RollCall, Reachability::Unreachable, true),
            Status::Offline => (Standing::RollCall, Reachability::Reachable, false),
            Status::UnreachableOffline => (Standing::RollCall, Reachability::Unreachable, false),
            Status::Pending => (Standing::Pending, Reachability::Reachable, false),
            Status::Inactive => (Standing::Inactive, Reachability::Reachable, false),
            Status::Retired => (Standing::Retired, Reachability::Reachable, false),
        };
        self.owned.push(Owned {
            standing,
            reachability,
            farewell: None,
            superseded: None,
        });
        if online {
            cell.set(Heard { at: now, kind: None }, true);
            self.deadlines.check_by(slot, deadline(now, self.lease.lasts()));
        }
        Ok(slot)
    }

    /// An agent's status; nothing where there is none in that slot.
    #[must_use]
    pub fn status(&self, slot: Slot) -> Option<Status> {
        let owned = self.owned.get(slot.index())?;
        Some(owned.status(self.columns.cell(slot)?.online()))
    }

    /// When the next tick has to come, at the latest, for the next deadline to be noticed in time.
    #[must_use]
    pub fn next_check(&self) -> Option<EngineTime> {
        self.deadlines.next()
    }

    /// Finds the deadlines that fell due (rule 4).
    pub fn tick(&mut self, now: EngineTime, effects: &mut Vec<Effect>) {
        while let Some(slot) = self.deadlines.pop(now) {
            let (Some(owned), Some(cell)) = (self.owned.get_mut(slot.index()), self.columns.cell(slot))
            else {
                continue;
            };
            let lease = self.lease;
            match cell.judge(|last| owned.deadline(last, lease), now) {
                Judged::WasOffline => {}
                Judged::NotBefore(deadline) => self.deadlines.check_by(slot, deadline),
                Judged::Flipped => {
                    let heard = cell.heard();
                    let after_s = match owned.announced_restart(heard.at) {
                        Some(_) => u32::try_from(RESTART_WINDOW.as_secs()).unwrap_or(u32::MAX),
                        None => lease.as_secs(),
                    };
                    effects.push(Effect {
                        slot,
                        from: owned.status(true),
                        to: owned.status(false),
                        cause: Cause::Deadline { after_s },
                        at: now,
                        heard,
                        folds: false,
                    });
                    owned.farewell = None;
                }
            }
        }
    }

    /// Takes an event. `at` is when it was received.
    pub fn handle(&mut self, slot: Slot, event: Event, at: EngineTime, effects: &mut Vec<Effect>) -> Outcome {
        let (Some(owned), Some(cell)) = (self.owned.get_mut(slot.index()), self.columns.cell(slot)) else {
            return Outcome::Gone;
        };
        if owned.standing == Standing::Retired {
            return Outcome::Gone;
        }
        let from = owned.status(cell.online());
        let passed = match event {
            Event::Register { boot, sequence, .. } => owned.admit(cell, boot, sequence),
            Event::Contact { boot, sequence, .. } => owned.passed_before(cell, boot, sequence),
            Event::Goodbye { boot, sequence, .. } => outcome_of(cell.pass(boot, sequence)),
            Event::Retire => Outcome::Accepted,
        };
        if passed != Outcome::Accepted {
            return passed;
        }
        let restarted = matches!(event, Event::Register { .. }) && owned.restarted(at);
        let (cause, online, kind) = match event {
            Event::Register { reason, .. } => {
                owned.standing = Standing::RollCall;
                let cause = if restarted {
                    Cause::Restarted
                } else {
                    Cause::Registered(reason)
                };
                owned.farewell = None;
                (cause, true, Some(ContactKind::Register))
            }
            Event::Contact { kind, .. } => {
                owned.standing = Standing::RollCall;
                owned.farewell = None;
                (Cause::Contact(kind), true, Some(kind))
            }
            Event::Goodbye { kind, .. } => {
                owned.farewell = Some((kind, at));
                if kind == GoodbyeKind::Uninstall {
                    owned.standing = Standing::Retired;
                }
                (
                    Cause::Goodbye(kind),
                    kind == GoodbyeKind::Restart && cell.online(),
                    Some(ContactKind::Goodbye),
                )
            }
            Event::Retire => {
                owned.standing = Standing::Retired;
                (Cause::Retired, false, None)
            }
        };
        cell.set(
            kind.map_or_else(|| cell.heard(), |kind| Heard { at, kind: Some(kind) }),
            online,
        );
        let to = owned.status(online);
        if online {
            self.deadlines.check_by(slot, owned.deadline(at, self.lease));
        }
        // An announced restart changes nothing that people see until it is over, or overdue.
        if from != to {
            let folds = restarted && from.presence() == Some(Presence::Offline) && online;
            effects.push(Effect {
                slot,
                from,
                to,
                cause,
                at,
                heard: cell.heard(),
                folds,
            });
        }
        Outcome::Accepted
    }
}

impl Owned {
    const fn status(&self, online: bool) -> Status {
        match self.standing {
            Standing::Pending => Status::Pending,
            Standing::Inactive => Status::Inactive,
            Standing::Retired => Status::Retired,
            Standing::RollCall => Status::of(
                if online {
                    Presence::Online
                } else {
                    Presence::Offline
                },
                self.reachability,
            ),
        }
    }

    /// When the agent goes offline, having been heard last at `last`.
    fn deadline(&self, last: EngineTime, lease: Lease) -> EngineTime {
        self.announced_restart(last)
            .unwrap_or_else(|| deadline(last, lease.lasts()))
    }

    /// The deadline of a restart that was announced and not yet followed by another contact.
    fn announced_restart(&self, last: EngineTime) -> Option<EngineTime> {
        match self.farewell {
            Some((GoodbyeKind::Restart, said)) if last <= said => Some(said + RESTART_WINDOW),
            _ => None,
        }
    }

    /// Whether who registers now said *stop* less than a minute ago.
    fn restarted(&self, at: EngineTime) -> bool {
        matches!(self.farewell, Some((GoodbyeKind::Stop, said)) if at.since(said) <= RESTART_WINDOW)
    }

    /// Makes a boot the current one (rule 8), unless its registration is a repetition.
    fn admit(&mut self, cell: &Cell, boot: BootId, sequence: u32) -> Outcome {
        match cell.current() {
            Some((current, _)) if current == boot => outcome_of(cell.pass(boot, sequence)),
            current => {
                if let Some((superseded, last)) = self.superseded
                    && superseded == boot
                    && sequence <= last
                {
                    return Outcome::Stale;
                }
                self.superseded = current;
                cell.fence(boot, sequence);
                Outcome::Accepted
            }
        }
    }

    /// Whether a contact that passed the fence on the hot side may still count here: a goodbye or another boot
    /// may have come in between.
    fn passed_before(&self, cell: &Cell, boot: BootId, sequence: u32) -> Outcome {
        match cell.current() {
            Some((current, last)) if current == boot => {
                // A goodbye raised the sequence when it was taken; who passed the fence before it is older.
                if self.farewell.is_some() && sequence < last {
                    Outcome::Stale
                } else {
                    Outcome::Accepted
                }
            }
            _ => Outcome::RegisterFirst,
        }
    }
}

const fn outcome_of(contact: Contact) -> Outcome {
    match contact {
        Contact::Renewed | Contact::NeedsEvent => Outcome::Accepted,
        Contact::Stale => Outcome::Stale,
        Contact::RegisterFirst => Outcome::RegisterFirst,
    }
}

#[cfg(test)]
mod tests;
