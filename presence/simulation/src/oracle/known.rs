//! What the oracle knows of one agent.

use rollcall_shared::{BootId, ContactKind, GoodbyeKind, Presence, Reachability, Status};

use super::rules::{Ruling, Whereabouts};

/// Kinds of contact.
pub(crate) const KINDS: usize = ContactKind::ALL.len();

/// Whether it is part of the roll call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Pending,
    RollCall,
    Inactive,
    Retired,
}

/// One agent. Times are engine time, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) standing: Standing,
    pub(crate) online: bool,
    /// What its status says of the unreachable network.
    pub(crate) shown_unreachable: bool,
    pub(crate) at: Whereabouts,
    pub(crate) ruling: Ruling,
    /// The last contact that counted.
    pub(crate) last: Option<(u64, ContactKind)>,
    /// The last second of each path, by kind.
    pub(crate) paths: [Option<u64>; KINDS],
    pub(crate) boot: Option<(BootId, u32)>,
    /// The boot that was current before, and its last sequence.
    pub(crate) superseded: Option<(BootId, u32)>,
    /// The settings version that it last reported as applied.
    pub(crate) applied: u32,
    /// The version since which it may know the rules.
    pub(crate) since: u32,
    pub(crate) farewell: Option<Farewell>,
    pub(crate) offline_since: u64,
}

/// A goodbye that still matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Farewell {
    pub(crate) kind: GoodbyeKind,
    pub(crate) said: u64,
    /// Whether it made the agent offline.
    pub(crate) turned: bool,
}

impl Known {
    pub(crate) const fn enrolled(ruling: Ruling, since: u32) -> Self {
        Self {
            standing: Standing::Pending,
            online: false,
            shown_unreachable: false,
            at: Whereabouts {
                own: None,
                observed: None,
            },
            ruling,
            last: None,
            paths: [None; KINDS],
            boot: None,
            superseded: None,
            applied: 0,
            since,
            farewell: None,
            offline_since: 0,
        }
    }

    pub(crate) const fn status(&self) -> Status {
        let presence = if self.online {
            Presence::Online
        } else {
            Presence::Offline
        };
        let reachability = if self.shown_unreachable {
            Reachability::Unreachable
        } else {
            Reachability::Reachable
        };
        match self.standing {
            Standing::Pending => Status::Pending,
            Standing::RollCall => Status::of(presence, reachability),
            Standing::Inactive => Status::Inactive,
            Standing::Retired => Status::Retired,
        }
    }

    /// Takes a status over as it was written down.
    pub(crate) const fn take_status(&mut self, status: Status) {
        self.standing = match status {
            Status::Pending => Standing::Pending,
            Status::Inactive => Standing::Inactive,
            Status::Retired => Standing::Retired,
            _ => Standing::RollCall,
        };
        self.online = matches!(status, Status::Online | Status::UnreachableOnline);
        self.shown_unreachable = matches!(status, Status::UnreachableOnline | Status::UnreachableOffline);
    }

    /// It was heard. Of two contacts the later one counts.
    pub(crate) fn heard(&mut self, at: u64, kind: ContactKind) {
        self.paths[kind as usize] = Some(at / 1_000_000);
        if self.last.is_none_or(|(last, _)| last <= at) {
            self.last = Some((at, kind));
        }
    }

    /// The announced restart that was not followed by another contact.
    pub(crate) fn announced(&self) -> Option<u64> {
        match (self.farewell, self.last) {
            (Some(farewell), Some((last, _)))
                if farewell.kind == GoodbyeKind::Restart && last <= farewell.said =>
            {
                Some(farewell.said)
            }
            _ => None,
        }
    }
}
