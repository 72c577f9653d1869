//! The table of cells that the hot side and the owner share.
//!
//! It only grows, in chunks that are never moved: a thread that found a cell keeps it while others are added,
//! without a lock.

use alloc::boxed::Box;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use rollcall_shared::ContactKind;
use rollcall_shared::agent_api::Fence;

use crate::cell::{Cell, Contact, Heard};
use crate::engine_time::EngineTime;

/// Cells a chunk: 56 KiB of them, so that a small fleet costs little and a large one few look-ups.
const CHUNK: usize = 1024;

/// Chunks a table: room for four million agents in one partition.
const CHUNKS: usize = 4096;

/// An agent's place in its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

impl Slot {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A partition has no room for another agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableFull;

impl core::fmt::Display for TableFull {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "a partition holds at most {} agents", CHUNK * CHUNKS)
    }
}

impl core::error::Error for TableFull {}

/// The cells of a partition.
#[derive(Debug)]
pub struct Columns {
    chunks: Box<[OnceBox<[Cell; CHUNK]>]>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            chunks: core::iter::repeat_with(OnceBox::new)
                .take(CHUNKS)
                .collect::<Vec<_>>()
                .into_boxed_slice(),
        }
    }
}

impl Columns {
    /// A contact, from any thread. Slots that were never made answer `RegisterFirst`.
    #[must_use]
    pub fn contact(&self, slot: Slot, fence: Fence, kind: ContactKind, now: EngineTime) -> Contact {
        self.cell(slot)
            .map_or(Contact::RegisterFirst, |cell| cell.contact(fence, kind, now))
    }

    /// Whether a contact with this fence would be a repetition. Changes nothing.
    #[must_use]
    pub fn is_stale(&self, slot: Slot, fence: Fence) -> bool {
        self.cell(slot).is_some_and(|cell| cell.is_stale(fence))
    }

    /// When and how an agent was last heard; nothing for a slot that was never made.
    #[must_use]
    pub fn heard(&self, slot: Slot) -> Option<Heard> {
        self.cell(slot).map(Cell::heard)
    }

    /// The settings version that an agent last reported as applied; 0 for a slot that was never made.
    #[must_use]
    pub fn applied(&self, slot: Slot) -> u32 {
        self.cell(slot).map_or(0, Cell::applied)
    }

    pub(crate) fn cell(&self, slot: Slot) -> Option<&Cell> {
        self.chunks
            .get(slot.index() / CHUNK)?
            .get()?
            .get(slot.index() % CHUNK)
    }

    /// Makes sure that there is a cell for this slot.
    pub(crate) fn make(&self, slot: Slot) -> Result<&Cell, TableFull> {
        let chunk = self.chunks.get(slot.index() / CHUNK).ok_or(TableFull)?;
        let cells = chunk.get_or_init(|| Box::new(core::array::from_fn(|_| Cell::new())));
        cells.get(slot.index() % CHUNK).ok_or(TableFull)
    }
}
