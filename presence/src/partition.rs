//! The owner of a part of the fleet: takes what is rare as events, finds deadlines, says what changed.
//!
//! `handle(event) -> outcome`, `adopt(rulebook)` and `tick(now)`, each appending [`Effect`]s; nothing else changes
//! a status. An owner is used by one thread at a time. What is frequent (a contact of an agent that is online and
//! knows its settings) never comes here: see [`Columns::contact`].

mod event;
mod grounds;
mod owned;
mod picture;
mod restore;
mod verdicts;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rollcall_shared::{Cause, ContactKind, GoodbyeKind, Presence, Status};

use crate::cell::{Cell, Heard, Judged};
use crate::columns::{Columns, Slot};
use crate::deadlines::Deadlines;
use crate::engine_time::EngineTime;
use crate::rulebook::{Rulebook, Verdict};
use owned::{Blindness, Owned, Standing, outcome_of};
use verdicts::Verdicts;

pub use event::{Effect, Event, Outcome, Restored};
pub use grounds::Grounds;
pub use picture::Unheard;

/// How long after a goodbye a registration still makes it a restart, and how long an announced restart may
/// take (rule 10).
pub const RESTART_WINDOW: Duration = Duration::from_mins(1);

/// A part of the fleet.
#[derive(Debug)]
pub struct Partition {
    columns: Arc<Columns>,
    owned: Vec<Owned>,
    deadlines: Deadlines,
    rulebook: Arc<Rulebook>,
    verdicts: Verdicts,
    blindness: Blindness,
}

impl Partition {
    /// An empty part, whose agents live by this rulebook, of an engine that starts at `started`.
    #[must_use]
    pub fn new(rulebook: Arc<Rulebook>, started: EngineTime) -> Self {
        Self {
            columns: Arc::default(),
            owned: Vec::new(),
            deadlines: Deadlines::default(),
            rulebook,
            verdicts: Verdicts::default(),
            blindness: Blindness { started, ended: None },
        }
    }

    /// The cells, for the hot side.
    #[must_use]
    pub fn columns(&self) -> Arc<Columns> {
        Arc::clone(&self.columns)
    }

    /// An agent's status; nothing where there is none in that slot.
    #[must_use]
    pub fn status(&self, slot: Slot) -> Option<Status> {
        let owned = self.owned.get(slot.index())?;
        Some(owned.status(self.columns.cell(slot)?.online()))
    }

    /// What the rules say of an agent; nothing where there is none in that slot.
    #[must_use]
    pub fn verdict(&self, slot: Slot) -> Option<Verdict> {
        self.owned.get(slot.index()).map(|owned| *owned.verdict)
    }

    /// When the next tick has to come, at the latest, for the next deadline to be noticed in time.
    #[must_use]
    pub fn next_check(&self) -> Option<EngineTime> {
        self.deadlines.next()
    }

    /// Blindness ended at `now` (rule 6): no online agent's deadline is nearer than its return window.
    pub fn blinded(&mut self, now: EngineTime) {
        self.blindness.ended = Some(now);
    }

    /// Lives by another rulebook from now on (rules 5 and 14). No deadline comes nearer, nobody comes online; who is
    /// now in the unreachable network, or no longer, is shown so.
    pub fn adopt(&mut self, rulebook: Arc<Rulebook>, now: EngineTime, effects: &mut Vec<Effect>) {
        self.rulebook = rulebook;
        let cause = Cause::Settings {
            version: self.rulebook.newest(),
        };
        for index in 0..self.owned.len() {
            let Some(slot) = u32::try_from(index).ok().map(Slot) else {
                return;
            };
            let (owned, Some(cell)) = (&mut self.owned[index], self.columns.cell(slot)) else {
                continue;
            };
            let (heard, online) = (cell.heard(), cell.online());
            let from = owned.status(online);
            owned.judge(&self.rulebook, &mut self.verdicts);
            let to = owned.status(online);
            if from != to {
                effects.push(Effect {
                    slot,
                    from,
                    to,
                    cause,
                    at: now,
                    due: None,
                    heard,
                    folds: false,
                });
            }
            self.look_at(slot, now);
        }
    }

    /// Finds the deadlines that fell due (rule 4), and who has been offline for so long that it leaves the roll call.
    pub fn tick(&mut self, now: EngineTime, effects: &mut Vec<Effect>) {
        while let Some(slot) = self.deadlines.pop(now) {
            let (Some(owned), Some(cell)) = (self.owned.get_mut(slot.index()), self.columns.cell(slot))
            else {
                continue;
            };
            let (minute, blindness) = (self.rulebook.minute(), self.blindness);
            match cell.judge(|last| owned.deadline(last, minute, blindness).0, now) {
                Judged::WasOffline => self.leave_roll_call(slot, now, effects),
                Judged::NotBefore(deadline) => {
                    self.deadlines
                        .check_by(slot, owned.look_by(deadline, minute, now));
                }
                Judged::Flipped => {
                    let heard = cell.heard();
                    let lasts = match owned.announced_restart(heard.at) {
                        Some(_) => RESTART_WINDOW,
                        None => owned.verdict.lease.lasts(minute),
                    };
                    effects.push(Effect {
                        slot,
                        from: owned.status(true),
                        to: owned.status(false),
                        cause: Cause::Deadline {
                            after_s: u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX),
                        },
                        at: now,
                        due: Some(owned.deadline(heard.at, minute, blindness).0),
                        heard,
                        folds: false,
                    });
                    owned.forget_goodbye();
                    owned.offline_since = now;
                    self.look_at(slot, now);
                }
            }
        }
    }

    /// Takes an offline agent out of the roll call, where it is time, or looks at it again then.
    fn leave_roll_call(&mut self, slot: Slot, now: EngineTime, effects: &mut Vec<Effect>) {
        let days = self.rulebook.inactive_after();
        let lasting = days.lasting(self.rulebook.minute());
        let (Some(owned), Some(cell)) = (self.owned.get_mut(slot.index()), self.columns.cell(slot)) else {
            return;
        };
        if owned.standing != Standing::RollCall {
            return;
        }
        if owned.offline_since + lasting > now {
            self.look_at(slot, now);
            return;
        }
        let from = owned.status(false);
        owned.standing = Standing::Inactive;
        effects.push(Effect {
            slot,
            from,
            to: Status::Inactive,
            cause: Cause::Inactive {
                after_days: days.get(),
            },
            at: now,
            due: None,
            heard: cell.heard(),
            folds: false,
        });
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
            Event::Register { fence, .. } => owned.admit(cell, fence.boot, fence.sequence),
            Event::Contact { fence, .. } => owned.passed_before(cell, fence.boot, fence.sequence),
            Event::Goodbye { fence, .. } => outcome_of(cell.pass(fence.boot, fence.sequence)),
            Event::Retire => Outcome::Accepted,
        };
        if passed != Outcome::Accepted {
            return passed;
        }
        let restarted = matches!(event, Event::Register { .. }) && owned.restarted(at);
        let (cause, online, kind) = match event {
            Event::Register {
                fence,
                reason,
                addresses,
            } => {
                owned.standing = Standing::RollCall;
                owned.whereabouts = addresses.into();
                note_applied(owned, cell, fence.applied);
                if fence.applied == 0 {
                    owned.since = self.rulebook.newest();
                }
                let cause = if restarted {
                    Cause::Restarted
                } else {
                    Cause::Registered(reason)
                };
                owned.forget_goodbye();
                (cause, true, Some(ContactKind::Register))
            }
            Event::Contact {
                fence,
                kind,
                observed,
            } => {
                let was_online = cell.online();
                owned.standing = Standing::RollCall;
                owned.forget_goodbye();
                if let Some(observed) = observed {
                    owned.moved_to(observed);
                }
                note_applied(owned, cell, fence.applied);
                let cause = if was_online {
                    Cause::Address
                } else {
                    Cause::Contact(kind)
                };
                (cause, true, Some(kind))
            }
            Event::Goodbye { kind, .. } => {
                owned.says_goodbye(kind, at);
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
        owned.judge(&self.rulebook, &mut self.verdicts);
        cell.set(
            kind.map_or_else(|| cell.heard(), |kind| Heard { at, kind: Some(kind) }),
            online,
        );
        if !online && from.presence() == Some(Presence::Online) {
            owned.offline_since = at;
        }
        let to = owned.status(online);
        // An announced restart changes nothing that people see until it is over, or overdue.
        if from != to {
            let folds = restarted && from.presence() == Some(Presence::Offline) && online;
            effects.push(Effect {
                slot,
                from,
                to,
                cause,
                at,
                due: None,
                heard: cell.heard(),
                folds,
            });
        }
        self.look_at(slot, at);
        Outcome::Accepted
    }

    /// Sees to it that an agent is looked at when its status may change by itself.
    fn look_at(&mut self, slot: Slot, now: EngineTime) {
        let (Some(owned), Some(cell)) = (self.owned.get(slot.index()), self.columns.cell(slot)) else {
            return;
        };
        let minute = self.rulebook.minute();
        if cell.online() {
            let (deadline, _) = owned.deadline(cell.heard().at, minute, self.blindness);
            self.deadlines
                .check_by(slot, owned.look_by(deadline, minute, now));
        } else if owned.standing == Standing::RollCall {
            let leaves = owned.offline_since + self.rulebook.inactive_after().lasting(minute);
            self.deadlines.check_by(slot, leaves);
        }
    }
}

/// Notes the settings version that an agent reports as applied; before the first, none.
fn note_applied(owned: &mut Owned, cell: &Cell, applied: u32) {
    cell.set_applied(applied);
    if applied != 0 {
        owned.since = applied;
    }
}

#[cfg(test)]
mod tests;
