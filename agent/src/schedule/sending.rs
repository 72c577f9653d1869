//! What goes out: calls, each with the next sequence of its boot, and the last one before the end.

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, GoodbyeKind, RegisterReason};

use super::{CALL_WITHIN_MS, Call, End, Flight, GOODBYE_WITHIN_MS, Schedule, Step};

impl Schedule {
    pub(super) fn leave(&mut self, kind: GoodbyeKind, now_ms: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return Step::default();
        }
        if !self.spoken || self.sequence == u32::MAX {
            return self.ended(End::Left);
        }
        self.leave_by_ms = Some(now_ms.saturating_add(GOODBYE_WITHIN_MS));
        self.transmit(Call::Goodbye(kind), GOODBYE_WITHIN_MS)
    }

    /// Makes a call, or where no sequence is left for it, registers a new boot.
    pub(super) fn send(&mut self, call: Call, random: u64) -> Step {
        let call = if self.sequence == u32::MAX {
            self.renew_boot(random);
            Call::Register(*self.register.get_or_insert(RegisterReason::Reload))
        } else {
            call
        };
        if matches!(call, Call::Poll | Call::Register(_)) {
            self.asked_ms = None;
        }
        self.spoken = true;
        self.transmit(call, CALL_WITHIN_MS)
    }

    const fn transmit(&mut self, call: Call, within_ms: u64) -> Step {
        let fence = self.next_fence();
        self.flight = Some(Flight {
            sequence: fence.sequence,
            call,
            overtaken: false,
        });
        Step::sending(call, fence, within_ms)
    }

    pub(super) const fn next_fence(&mut self) -> Fence {
        self.sequence += 1;
        Fence {
            boot: self.boot,
            sequence: self.sequence,
            applied: self.applied,
        }
    }

    pub(super) const fn renew_boot(&mut self, random: u64) {
        self.boot = boot_from(random, Some(self.boot));
        self.boot_registered = false;
        self.sequence = 0;
        self.stale = 0;
    }

    pub(super) const fn ended(&mut self, end: End) -> Step {
        self.end = Some(end);
        self.flight = None;
        Step::ending(end)
    }
}

/// A boot id from the low half of `random` (delays come from the high half), other than the one before.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
pub(super) const fn boot_from(random: u64, before: Option<BootId>) -> BootId {
    let mut bits = random as u32;
    loop {
        if let Some(boot) = BootId::from_bits(bits) {
            match before {
                Some(before) if before.bits() == bits => {}
                _ => return boot,
            }
        }
        bits = bits.wrapping_add(1);
    }
}
