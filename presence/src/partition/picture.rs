//! How much of the picture is from before a blindness: who is shown online and was not heard since (rule 6).

use super::Partition;
use crate::columns::Slot;
use crate::engine_time::EngineTime;

/// Agents that are shown online on the strength of what was heard before the server was last blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unheard {
    /// How many are shown online.
    pub online: u32,
    /// How many of them were not heard since.
    pub unheard: u32,
    /// When the last of these has been heard, or is shown offline.
    pub settled_by: Option<EngineTime>,
}

impl Unheard {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            online: self.online + other.online,
            unheard: self.unheard + other.unheard,
            settled_by: self.settled_by.max(other.settled_by),
        }
    }
}

impl Partition {
    /// Who has yet to be heard since the engine started, or was last blind.
    #[must_use]
    pub fn unheard(&self) -> Unheard {
        let since = self.blindness.ended.unwrap_or(self.blindness.started);
        let mut told = Unheard::default();
        for (slot, owned) in (0..).map(Slot).zip(&self.owned) {
            let Some(cell) = self.columns.cell(slot).filter(|cell| cell.online()) else {
                continue;
            };
            told.online += 1;
            let last = cell.heard().at;
            // What was heard in the very instant of a first start is nothing to wait for.
            if last <= since && since > EngineTime::ZERO {
                told.unheard += 1;
                let (deadline, _) = owned.deadline(last, self.rulebook.minute(), self.blindness);
                told.settled_by = told.settled_by.max(Some(deadline));
            }
        }
        told
    }
}
