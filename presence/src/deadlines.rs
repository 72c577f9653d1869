//! Which agents are to be looked at, and when: deadlines without a write for each contact (rule 4).
//!
//! A contact moves a deadline away without telling this structure. What it holds is a *check* for each agent,
//! at a time at or before its deadline; a check that comes too early is put off to the deadline that it then
//! finds. So a heartbeat costs one atomic store, and this structure one step a lease instead of one a contact.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::columns::Slot;
use crate::engine_time::EngineTime;

/// The checks of a partition.
#[derive(Debug, Default)]
pub struct Deadlines {
    /// Checks by time. Those that [`Self::due`] does not confirm were superseded by an earlier one.
    heap: BinaryHeap<Reverse<(EngineTime, Slot)>>,
    /// The check in force of each slot; [`NONE`] where there is none.
    due: Vec<EngineTime>,
}

/// Superseded checks that a small partition may have beyond one a slot: sweeping so few gains nothing.
const SPARE: usize = 1_024;

/// Stands for *no check*: engine time never gets there.
const NONE: EngineTime = EngineTime::MAX;

impl Deadlines {
    /// Sees to it that this slot is looked at no later than `at`.
    pub fn check_by(&mut self, slot: Slot, at: EngineTime) {
        if self.due.len() <= slot.index() {
            self.due.resize(slot.index() + 1, NONE);
        }
        // A check that comes earlier finds the deadline of then and puts itself off to it.
        if at < self.due[slot.index()] {
            self.due[slot.index()] = at;
            self.heap.push(Reverse((at, slot)));
            self.sweep();
        }
    }

    /// Throws superseded checks away where they outnumber the others. Who goes offline is looked at again in a month,
    /// and comes back tomorrow: without this the checks of a month's evenings would pile up.
    fn sweep(&mut self) {
        if self.heap.len() <= 2 * self.due.len() + SPARE {
            return;
        }
        let checks = (0..).map(Slot).zip(&self.due);
        self.heap = checks
            .filter(|(_, at)| **at != NONE)
            .map(|(slot, at)| Reverse((*at, slot)))
            .collect();
    }

    /// Takes the next slot whose check is at or before `now`.
    pub fn pop(&mut self, now: EngineTime) -> Option<Slot> {
        while let Some(&Reverse((at, slot))) = self.heap.peek() {
            if at > now {
                return None;
            }
            self.heap.pop();
            if self.due[slot.index()] == at {
                self.due[slot.index()] = NONE;
                return Some(slot);
            }
        }
        None
    }

    /// How many checks are held, superseded ones and all.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.heap.len()
    }

    /// When the next check is, at the earliest.
    #[must_use]
    pub fn next(&self) -> Option<EngineTime> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests;
