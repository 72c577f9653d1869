//! What has to come of each message: rules 2, 8 and 10.

use rollcall_presence::{Contact, Event, Outcome};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, Cause, ContactKind, GoodbyeKind};

use super::rules::Whereabouts;
use super::{Due, Farewell, Known, Oracle, RESTART_WITHIN, Standing};

impl Oracle {
    /// A contact reaches the server: only a higher sequence of the current boot counts.
    pub(crate) fn contact(&mut self, agent: usize, fence: Fence, kind: ContactKind, now: u64) -> Contact {
        let known = &mut self.agents[agent];
        let passed = raise(known, fence.boot, fence.sequence);
        if passed != Outcome::Accepted {
            return refused(passed);
        }
        if !known.online {
            return Contact::NeedsEvent;
        }
        known.heard(now, kind);
        if known.applied == fence.applied {
            Contact::Renewed
        } else {
            Contact::NeedsEvent
        }
    }

    /// The owner takes an event that was received `at`.
    pub(crate) fn event(&mut self, agent: usize, event: &Event, at: u64) -> (Outcome, Option<Due>) {
        let newest = self.newest();
        let known = &mut self.agents[agent];
        if known.standing == Standing::Retired {
            return (Outcome::Gone, None);
        }
        let (from, was_online) = (known.status(), known.online);
        let farewell = known.farewell;
        let cause = match *event {
            Event::Register {
                fence,
                reason,
                addresses,
            } => {
                let admitted = admit(known, fence.boot, fence.sequence);
                if admitted != Outcome::Accepted {
                    return (admitted, None);
                }
                known.at = Whereabouts {
                    own: addresses.own,
                    observed: addresses.observed,
                };
                known.applied = fence.applied;
                known.since = if fence.applied == 0 { newest } else { fence.applied };
                is_here(known, at, ContactKind::Register);
                if is_restart(farewell, at) {
                    Cause::Restarted
                } else {
                    Cause::Registered(reason)
                }
            }
            Event::Contact {
                fence,
                kind,
                observed,
            } => {
                match known.boot {
                    Some((boot, _)) if boot != fence.boot => return (Outcome::RegisterFirst, None),
                    None => return (Outcome::RegisterFirst, None),
                    // A goodbye came in between.
                    Some((_, last)) if farewell.is_some() && fence.sequence < last => {
                        return (Outcome::Stale, None);
                    }
                    Some(_) => {}
                }
                if observed.is_some() {
                    known.at.observed = observed;
                }
                known.applied = fence.applied;
                if fence.applied != 0 {
                    known.since = fence.applied;
                }
                is_here(known, at, kind);
                if was_online {
                    Cause::Address
                } else {
                    Cause::Contact(kind)
                }
            }
            Event::Goodbye { fence, kind } => {
                let passed = raise(known, fence.boot, fence.sequence);
                if passed != Outcome::Accepted {
                    return (passed, None);
                }
                known.heard(at, ContactKind::Goodbye);
                known.online = was_online && kind == GoodbyeKind::Restart;
                if kind == GoodbyeKind::Uninstall {
                    known.standing = Standing::Retired;
                }
                known.farewell = Some(Farewell {
                    kind,
                    said: at,
                    turned: was_online,
                });
                Cause::Goodbye(kind)
            }
            Event::Retire => {
                known.standing = Standing::Retired;
                known.online = false;
                Cause::Retired
            }
        };
        if was_online && !known.online {
            known.offline_since = at;
        }
        self.rule_anew(agent);
        let known = &self.agents[agent];
        let to = known.status();
        let due = (from != to).then_some(Due {
            agent,
            from,
            to,
            cause,
            at,
            last: known.last,
            folds: cause == Cause::Restarted,
        });
        (Outcome::Accepted, due)
    }
}

fn is_here(known: &mut Known, at: u64, kind: ContactKind) {
    known.standing = Standing::RollCall;
    known.online = true;
    known.farewell = None;
    known.heard(at, kind);
}

/// A stop that made it offline, and a registration within the minute, are one restart (rule 10).
fn is_restart(farewell: Option<Farewell>, at: u64) -> bool {
    farewell.is_some_and(|farewell| {
        farewell.kind == GoodbyeKind::Stop
            && farewell.turned
            && at.saturating_sub(farewell.said) <= RESTART_WITHIN
    })
}

/// Only a higher sequence of the current boot passes (rule 8).
fn raise(known: &mut Known, boot: BootId, sequence: u32) -> Outcome {
    match &mut known.boot {
        Some((current, last)) if *current == boot => {
            if sequence <= *last {
                return Outcome::Stale;
            }
            *last = sequence;
            Outcome::Accepted
        }
        _ => Outcome::RegisterFirst,
    }
}

/// A boot becomes current by registering; a repetition of a registration does not bring an old one back (rule 8).
fn admit(known: &mut Known, boot: BootId, sequence: u32) -> Outcome {
    if let Some((current, _)) = known.boot
        && current == boot
    {
        return raise(known, boot, sequence);
    }
    if known
        .superseded
        .is_some_and(|(old, last)| old == boot && sequence <= last)
    {
        return Outcome::Stale;
    }
    known.superseded = known.boot;
    known.boot = Some((boot, sequence));
    Outcome::Accepted
}

const fn refused(outcome: Outcome) -> Contact {
    match outcome {
        Outcome::Stale => Contact::Stale,
        _ => Contact::RegisterFirst,
    }
}
