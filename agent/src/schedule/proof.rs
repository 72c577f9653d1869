//! Speaking besides the calls: the fence of a proof for a server that connects, and that of a loopback packet.

use rollcall_shared::agent_api::Fence;

use super::Schedule;

impl Schedule {
    /// The fence of a proof that is given now, with the next sequence; `None` where none may be given: before the
    /// server took a register of this boot, and when the agent leaves.
    ///
    /// A proof is no call: it is not answered, and what is due stays due. That the other side is the server is not
    /// known when it is given, so it changes nothing but the sequence. It may overtake the call under way, which
    /// the server then calls stale; such a call is made again.
    #[must_use]
    pub const fn prove(&mut self) -> Option<Fence> {
        if !self.may_prove() || self.sequence == u32::MAX {
            return None;
        }
        if let Some(flight) = &mut self.flight {
            flight.overtaken = true;
        }
        Some(self.next_fence())
    }

    /// Whether [`prove`](Self::prove) gives a fence: who connects before is not listened to.
    #[must_use]
    pub const fn may_prove(&self) -> bool {
        self.boot_registered && self.leave_by_ms.is_none() && self.end.is_none()
    }
}
