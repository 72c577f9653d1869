//! An agent as its owner knows it, beside its cell.

use alloc::sync::Arc;
use core::net::IpAddr;
use core::time::Duration;

use rollcall_shared::why::DeadlineSetBy;
use rollcall_shared::{BootId, GoodbyeKind, Presence, Reachability, Status};

use super::RESTART_WINDOW;
use super::event::Outcome;
use super::verdicts::Verdicts;
use crate::cell::{Cell, Contact};
use crate::engine_time::EngineTime;
use crate::rulebook::{Addresses, Rulebook, Verdict};
use crate::whereabouts::Whereabouts;

/// Whether an agent is part of the roll call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    RollCall,
    Inactive,
    Retired,
}

/// When the owner could have heard nobody (rule 6).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Blindness {
    /// When the engine started.
    pub(super) started: EngineTime,
    /// When the last blindness since then ended.
    pub(super) ended: Option<EngineTime>,
}

#[derive(Debug)]
pub(super) struct Owned {
    pub(super) standing: Standing,
    /// What the rules say of it.
    pub(super) verdict: Arc<Verdict>,
    /// What the shown status says, until the owner tells of another one.
    pub(super) reachability: Reachability,
    pub(super) whereabouts: Whereabouts,
    /// The version since which it may know the rules: the one that it applied, or before the first, the newest one
    /// when it registered.
    pub(super) since: u32,
    /// When it went offline; what it holds while it is online means nothing.
    pub(super) offline_since: EngineTime,
    /// The last goodbye, while it still matters.
    farewell: Option<GoodbyeKind>,
    /// When it was said. Beside it and not in it: for alignment that would take another word of every agent.
    farewell_at: EngineTime,
    /// The boot before the current one and its last sequence: its late registration must not come back. The place
    /// for rule 9, too: a superseded boot that goes on is a second machine.
    superseded: Option<(BootId, u32)>,
}

impl Owned {
    pub(super) fn new(standing: Standing, verdict: Arc<Verdict>, addresses: Addresses, since: u32) -> Self {
        Self {
            standing,
            reachability: verdict.reachability,
            verdict,
            whereabouts: addresses.into(),
            since,
            offline_since: EngineTime::ZERO,
            farewell: None,
            farewell_at: EngineTime::ZERO,
            superseded: None,
        }
    }

    pub(super) fn addresses(&self) -> Addresses {
        (&self.whereabouts).into()
    }

    /// Notes a goodbye that was said at `at`.
    pub(super) const fn says_goodbye(&mut self, kind: GoodbyeKind, at: EngineTime) {
        self.farewell = Some(kind);
        self.farewell_at = at;
    }

    /// Forgets the last goodbye: the agent is back, or offline for good.
    pub(super) const fn forget_goodbye(&mut self) {
        self.farewell = None;
    }

    /// Notes that it is seen from another address.
    pub(super) fn moved_to(&mut self, observed: IpAddr) {
        let own = self.addresses().own;
        self.whereabouts = Addresses {
            own,
            observed: Some(observed),
        }
        .into();
    }

    /// Judges it by this rulebook, from its addresses and what it knows of the rules.
    pub(super) fn judge(&mut self, rulebook: &Rulebook, verdicts: &mut Verdicts) {
        self.verdict = verdicts.share(rulebook.judge(self.addresses(), self.since));
        self.reachability = self.verdict.reachability;
    }

    pub(super) const fn status(&self, online: bool) -> Status {
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

    /// When the agent goes offline, having been heard last at `last`, and what says so.
    pub(super) fn deadline(
        &self,
        last: EngineTime,
        minute: Duration,
        blindness: Blindness,
    ) -> (EngineTime, DeadlineSetBy) {
        let lease = self.verdict.lease;
        let mut deadline = match self.announced_restart(last) {
            Some(at) => (at, DeadlineSetBy::AnnouncedRestart),
            // Never heard, as far as anybody remembers: the engine's first instant is no contact.
            None if last == EngineTime::ZERO && blindness.started > last => {
                (EngineTime::ZERO, DeadlineSetBy::ServerStart)
            }
            None => (last + lease.lasts(minute), DeadlineSetBy::Lease),
        };
        let mut not_before = |at: EngineTime, set_by| {
            if at > deadline.0 {
                deadline = (at, set_by);
            }
        };
        if last <= blindness.started {
            not_before(
                blindness.started + lease.restart_window(minute),
                DeadlineSetBy::ServerStart,
            );
        }
        if let Some(ended) = blindness.ended
            && last <= ended
        {
            not_before(ended + lease.return_window(minute), DeadlineSetBy::ReturnWindow);
        }
        deadline
    }

    /// When an online agent with this deadline is to be looked at next, seen from `now`.
    ///
    /// A contact usually puts the deadline off, and the look that comes before finds that out. But where the deadline
    /// is further away than a lease (the time to come back after a start, an announced restart), a contact brings it
    /// nearer, and nobody tells: so nobody is left alone for longer than a lease.
    pub(super) fn look_by(&self, deadline: EngineTime, minute: Duration, now: EngineTime) -> EngineTime {
        deadline.min(now + self.verdict.lease.lasts(minute))
    }

    /// The deadline of a restart that was announced and not yet followed by another contact.
    pub(super) fn announced_restart(&self, last: EngineTime) -> Option<EngineTime> {
        match self.farewell {
            Some(GoodbyeKind::Restart) if last <= self.farewell_at => Some(self.farewell_at + RESTART_WINDOW),
            _ => None,
        }
    }

    /// Whether who registers now said *stop* less than a minute ago, and went offline by that: a stop of an agent that
    /// was offline before changed nothing that a registration could fold.
    pub(super) fn restarted(&self, at: EngineTime) -> bool {
        let said = self.farewell_at;
        self.farewell == Some(GoodbyeKind::Stop)
            && self.offline_since == said
            && at.since(said) <= RESTART_WINDOW
    }

    /// Makes a boot the current one (rule 8), unless its registration is a repetition.
    pub(super) fn admit(&mut self, cell: &Cell, boot: BootId, sequence: u32) -> Outcome {
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
    pub(super) fn passed_before(&self, cell: &Cell, boot: BootId, sequence: u32) -> Outcome {
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

pub(super) const fn outcome_of(contact: Contact) -> Outcome {
    match contact {
        Contact::Renewed | Contact::NeedsEvent => Outcome::Accepted,
        Contact::Stale => Outcome::Stale,
        Contact::RegisterFirst => Outcome::RegisterFirst,
    }
}

#[cfg(test)]
mod tests {
    use super::Owned;

    #[test]
    fn an_agent_takes_little_room_beside_its_cell() {
        // With the cell (56), the check of its deadline (24) and its id (8) 144 bytes of the 400 that it may take in all.
        assert!(size_of::<Owned>() <= 56, "{}", size_of::<Owned>());
    }
}
