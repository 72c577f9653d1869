//! What outlives the engine: an agent taken up as it was (rule 6), and what is to be remembered of it.

use rollcall_shared::{ContactKind, Reachability, Status};

use super::owned::{Owned, Standing};
use super::{Partition, Restored};
use crate::cell::{Cell, Heard, PATHS};
use crate::checkpoint::Remembered;
use crate::columns::{Slot, TableFull};
use crate::engine_time::EngineTime;

impl Partition {
    /// Takes up an agent that was just enrolled: pending, until it registers.
    ///
    /// # Errors
    /// Where the partition is full.
    pub fn enrol(&mut self) -> Result<Slot, TableFull> {
        self.restore(&Restored::ENROLLED)
    }

    /// Takes up an agent as it was when the engine stopped. No transition is made for the gap (rule 6): whoever was
    /// online has its interval and the return window from the start on, or what is left of its lease where that is
    /// more.
    ///
    /// # Errors
    /// Where the partition is full.
    pub fn restore(&mut self, restored: &Restored) -> Result<Slot, TableFull> {
        let index = u32::try_from(self.owned.len()).map_err(|_| TableFull)?;
        let slot = Slot(index);
        let started = self.blindness.started;
        let cell = self.columns.make(slot)?;
        put_back(cell, restored, started);
        let (standing, reachability, online) = match restored.status {
            Status::Online => (Standing::RollCall, Reachability::Reachable, true),
            Status::UnreachableOnline => (Standing::RollCall, Reachability::Unreachable, true),
            Status::Offline => (Standing::RollCall, Reachability::Reachable, false),
            Status::UnreachableOffline => (Standing::RollCall, Reachability::Unreachable, false),
            Status::Pending => (Standing::Pending, Reachability::Reachable, false),
            Status::Inactive => (Standing::Inactive, Reachability::Reachable, false),
            Status::Retired => (Standing::Retired, Reachability::Reachable, false),
        };
        // Who registered and reported nothing as applied may live by any version that it was given then.
        let since = match restored.status {
            Status::Pending => self.rulebook.newest(),
            _ => restored.applied,
        };
        let verdict = self
            .verdicts
            .share(self.rulebook.judge(restored.addresses, since));
        let mut owned = Owned::new(standing, verdict, restored.addresses, since);
        owned.reachability = reachability;
        owned.offline_since = started - restored.in_status_for;
        self.owned.push(owned);
        if online {
            cell.set(cell.heard(), true);
        }
        self.look_at(slot, started);
        Ok(slot)
    }

    /// Its contacts, for a checkpoint; nothing where there is none in that slot.
    #[must_use]
    pub fn remember(&self, slot: Slot) -> Option<Remembered> {
        let cell = self.columns.cell(slot)?;
        let mut paths = [None; PATHS];
        for (kind, at) in cell.paths() {
            paths[kind as usize] = Some(at);
        }
        Some(Remembered {
            heard: cell.heard(),
            boot: cell.current(),
            applied: cell.applied(),
            paths,
        })
    }
}

/// Puts back into a cell what was known of its agent. Of engine time up to a second may be forgotten: what was heard
/// then is as of `started`.
fn put_back(cell: &Cell, restored: &Restored, started: EngineTime) {
    cell.set_applied(restored.applied);
    let remembered = restored.remembered;
    if let Some(boot) = restored.boot {
        // Where the checkpoint is of an earlier boot, its sequences mean nothing for this one: any goes on.
        let sequence = remembered
            .and_then(|known| known.boot)
            .filter(|(known, _)| *known == boot)
            .map_or(0, |(_, sequence)| sequence);
        cell.fence(boot, sequence);
    }
    if let Some(known) = remembered {
        for (kind, at) in ContactKind::ALL.iter().zip(known.paths) {
            if let Some(at) = at {
                cell.restore_path(*kind, at.min(started));
            }
        }
        if known.heard.kind.is_some() {
            let at = known.heard.at.min(started);
            cell.set(Heard { at, ..known.heard }, false);
        }
    }
}
