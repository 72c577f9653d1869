//! Why an agent has its status, in engine time (rule 13).

use alloc::vec::Vec;
use core::net::IpAddr;

use rollcall_shared::why::DeadlineSetBy;
use rollcall_shared::{AddressRange, ContactKind, Status};

use super::Partition;
use crate::cell::Heard;
use crate::columns::Slot;
use crate::engine_time::EngineTime;
use crate::rulebook::{Addresses, Verdict};

/// What an agent's status rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// The status.
    pub status: Status,
    /// When and how it was last heard.
    pub heard: Heard,
    /// When it was last heard on each path, to the second.
    pub paths: Vec<(ContactKind, EngineTime)>,
    /// What the rules say of it.
    pub verdict: Verdict,
    /// The settings version that it applied, and the newest.
    pub applied: u32,
    /// The newest settings version.
    pub newest: u32,
    /// When it goes offline unless it is heard, and what says so; nothing where it is not online.
    pub deadline: Option<(EngineTime, DeadlineSetBy)>,
    /// Where it is.
    pub addresses: Addresses,
    /// The address and the range by which it is in the unreachable network.
    pub matched: Option<(IpAddr, AddressRange)>,
}

impl Partition {
    /// What an agent's status rests on; nothing where there is none in that slot.
    #[must_use]
    pub fn grounds(&self, slot: Slot) -> Option<Grounds> {
        let owned = self.owned.get(slot.index())?;
        let cell = self.columns.cell(slot)?;
        let (heard, online) = (cell.heard(), cell.online());
        Some(Grounds {
            status: owned.status(online),
            heard,
            paths: cell.paths().collect(),
            verdict: *owned.verdict,
            applied: cell.applied(),
            newest: self.rulebook.newest(),
            deadline: online.then(|| owned.deadline(heard.at, self.rulebook.minute(), self.blindness)),
            addresses: owned.addresses(),
            matched: self.rulebook.matching(owned.addresses()),
        })
    }
}
