//! An agent as the hot path sees it: a few atomic words, no lock.
//!
//! The *contact word* holds when the agent was last heard, how, and whether it is online. A contact and the
//! flip to offline are compare-and-exchanges on this one word, so only one of them wins: a contact that was
//! acknowledged is never followed by a flip that did not know it.
//!
//! The *fence word* holds the current boot and its last sequence (rule 8). A boot gets there only by a
//! registration, which the owner does; from then on a higher sequence is all that a contact needs.
//!
//! Beside them the settings version that the agent last applied, so that the owner hears only of another one
//! (rule 5), and when it was last heard on each path, to the second, for people who ask (rule 13).

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, ContactKind};

use crate::engine_time::EngineTime;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What became of a contact on the hot path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// The lease runs from now.
    Renewed,
    /// The owner has to hear of it: the agent is not online, or it applied other settings. In the latter case the
    /// lease was renewed already.
    NeedsEvent,
    /// The sequence is not higher than the last one: a repetition. Nothing was renewed.
    Stale,
    /// The boot is not the current one. It becomes so only by registering.
    RegisterFirst,
}

/// When and how an agent was last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub at: EngineTime,
    /// How; nothing where it was not heard since the engine started.
    pub kind: Option<ContactKind>,
}

/// What a look at a deadline found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It was online and is offline from now.
    Flipped,
    /// It has been heard; its deadline is then.
    NotBefore(EngineTime),
    /// It was offline already.
    WasOffline,
}

/// The contact word, taken apart: microseconds in the upper 56 bits, kind in 7, presence in the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word(u64);

impl Word {
    const ONLINE: u64 = 1;
    const KIND_SHIFT: u32 = 1;
    const KIND_MASK: u64 = 0x7f << Self::KIND_SHIFT;
    const TIME_SHIFT: u32 = 8;

    const fn new(at: EngineTime, kind: Option<ContactKind>, online: bool) -> Self {
        let kind = match kind {
            None => 0,
            Some(kind) => kind as u64 + 1,
        };
        Self((at.as_micros() << Self::TIME_SHIFT) | (kind << Self::KIND_SHIFT) | (online as u64))
    }

    const fn online(self) -> bool {
        self.0 & Self::ONLINE != 0
    }

    const fn at(self) -> EngineTime {
        EngineTime::from_micros(self.0 >> Self::TIME_SHIFT)
    }

    fn heard(self) -> Heard {
        let kind = (self.0 & Self::KIND_MASK) >> Self::KIND_SHIFT;
        let kind = usize::try_from(kind).unwrap_or(0).checked_sub(1);
        Heard {
            at: self.at(),
            kind: kind.and_then(|index| ContactKind::ALL.get(index).copied()),
        }
    }
}

const fn fence_word(boot: BootId, sequence: u32) -> u64 {
    ((boot.bits() as u64) << 32) | sequence as u64
}

const fn boot_of(fence: u64) -> u32 {
    (fence >> 32) as u32
}

const fn sequence_of(fence: u64) -> u32 {
    (fence & 0xffff_ffff) as u32
}

/// Kinds of contact that there is room for. There are fewer; a cell shall not grow with the next one.
pub const PATHS: usize = 8;

const _: () = assert!(
    ContactKind::ALL.len() <= PATHS,
    "every kind of contact has a path"
);

/// An agent's words.
#[derive(Debug)]
pub(crate) struct Cell {
    contact: AtomicU64,
    fence: AtomicU64,
    applied: AtomicU32,
    /// By kind of contact: the second in which it was last heard so, plus one; 0 for never.
    paths: [AtomicU32; PATHS],
}

impl Cell {
    /// An agent that was never heard.
    pub(crate) fn new() -> Self {
        Self {
            contact: AtomicU64::new(0),
            fence: AtomicU64::new(0),
            applied: AtomicU32::new(0),
            paths: core::array::from_fn(|_| AtomicU32::new(0)),
        }
    }

    /// A contact, from any thread. Only a higher sequence of the current boot passes.
    pub(crate) fn contact(&self, fence: Fence, kind: ContactKind, now: EngineTime) -> Contact {
        match self.pass_fence(fence.boot, fence.sequence) {
            Contact::Renewed => {}
            refused => return refused,
        }
        let mut seen = Word(self.contact.load(Ordering::Acquire));
        loop {
            if !seen.online() {
                return Contact::NeedsEvent;
            }
            // Two contacts may meet: the later one counts, whichever stores last.
            let renewed = Word::new(seen.at().max(now), Some(kind), true);
            match self
                .contact
                .compare_exchange_weak(seen.0, renewed.0, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => break,
                Err(other) => seen = Word(other),
            }
        }
        self.note_path(kind, now);
        // Renewed in any case: the owner may take a while, and the deadline does not wait for it.
        if self.applied.load(Ordering::Relaxed) == fence.applied {
            Contact::Renewed
        } else {
            Contact::NeedsEvent
        }
    }

    /// Of two contacts that meet either may stay: they are within a second of each other.
    fn note_path(&self, kind: ContactKind, at: EngineTime) {
        if let Some(path) = self.paths.get(kind as usize) {
            path.store(at.as_secs().saturating_add(1), Ordering::Relaxed);
        }
    }

    /// When it was last heard on each path, to the second.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (ContactKind, EngineTime)> + '_ {
        ContactKind::ALL.iter().filter_map(|kind| {
            let second = self.paths.get(*kind as usize)?.load(Ordering::Relaxed);
            Some((*kind, EngineTime::from_secs(second.checked_sub(1)?)))
        })
    }

    /// Puts back when it was last heard on a path. The owner's.
    pub(crate) fn restore_path(&self, kind: ContactKind, at: EngineTime) {
        self.note_path(kind, at);
    }

    /// Sets the settings version that it applied. The owner's.
    pub(crate) fn set_applied(&self, applied: u32) {
        self.applied.store(applied, Ordering::Relaxed);
    }

    /// The settings version that it last reported as applied.
    pub(crate) fn applied(&self) -> u32 {
        self.applied.load(Ordering::Relaxed)
    }

    /// Whether this fence is a repetition: of the current boot, and not higher than its last. Changes nothing, so it may
    /// be asked before it is known who speaks.
    pub(crate) fn is_stale(&self, fence: Fence) -> bool {
        let seen = self.fence.load(Ordering::Acquire);
        boot_of(seen) == fence.boot.bits() && fence.sequence <= sequence_of(seen)
    }

    fn pass_fence(&self, boot: BootId, sequence: u32) -> Contact {
        let mut seen = self.fence.load(Ordering::Acquire);
        loop {
            if boot_of(seen) != boot.bits() {
                return Contact::RegisterFirst;
            }
            if sequence <= sequence_of(seen) {
                return Contact::Stale;
            }
            let passed = fence_word(boot, sequence);
            match self
                .fence
                .compare_exchange_weak(seen, passed, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Contact::Renewed,
                Err(other) => seen = other,
            }
        }
    }

    /// Ends the lease where no contact came since `now - lease`. The owner's.
    pub(crate) fn judge(&self, deadline_of: impl Fn(EngineTime) -> EngineTime, now: EngineTime) -> Judged {
        let mut seen = Word(self.contact.load(Ordering::Acquire));
        loop {
            if !seen.online() {
                return Judged::WasOffline;
            }
            let deadline = deadline_of(seen.at());
            if deadline > now {
                return Judged::NotBefore(deadline);
            }
            match self.contact.compare_exchange_weak(
                seen.0,
                seen.0 & !Word::ONLINE,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Judged::Flipped,
                Err(other) => seen = Word(other),
            }
        }
    }

    /// Makes a boot the current one. The owner's.
    pub(crate) fn fence(&self, boot: BootId, sequence: u32) {
        self.fence.swap(fence_word(boot, sequence), Ordering::AcqRel);
    }

    /// The current boot and its last sequence.
    pub(crate) fn current(&self) -> Option<(BootId, u32)> {
        let fence = self.fence.load(Ordering::Acquire);
        BootId::from_bits(boot_of(fence)).map(|boot| (boot, sequence_of(fence)))
    }

    /// Raises the sequence of the current boot, where this one is higher. The owner's, for what is no mere
    /// contact (a registration again, a goodbye).
    pub(crate) fn pass(&self, boot: BootId, sequence: u32) -> Contact {
        self.pass_fence(boot, sequence)
    }

    /// Sets when and how the agent was heard, and whether it is online. The owner's.
    pub(crate) fn set(&self, heard: Heard, online: bool) {
        if let Some(kind) = heard.kind {
            self.note_path(kind, heard.at);
        }
        let mut seen = self.contact.load(Ordering::Acquire);
        loop {
            // A contact that overtook the owner is newer: keep it.
            let newest = Word(seen).heard();
            let keep = if newest.at > heard.at { newest } else { heard };
            let word = Word::new(keep.at, keep.kind, online);
            match self
                .contact
                .compare_exchange_weak(seen, word.0, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return,
                Err(other) => seen = other,
            }
        }
    }

    /// When and how it was last heard.
    pub(crate) fn heard(&self) -> Heard {
        Word(self.contact.load(Ordering::Acquire)).heard()
    }

    /// Whether its lease runs.
    pub(crate) fn online(&self) -> bool {
        Word(self.contact.load(Ordering::Acquire)).online()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(test)]
mod tests;
