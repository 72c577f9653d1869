//! What an owner is told, and what it answers.

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, Cause, ContactKind, GoodbyeKind, RegisterReason, Status};

use crate::cell::Heard;
use crate::checkpoint::Remembered;
use crate::columns::Slot;
use crate::engine_time::EngineTime;
use crate::rulebook::Addresses;

/// Something rare that happened to an agent. Times are those of receipt.
///
/// The place for outside evidence (rule 12): one more event, with the time of the evidence, that ends a lease
/// unless a newer contact exists. A suspicion of the server against itself (rule 7) is none: it is blindness,
/// and goes to [`Partition::blinded`](super::Partition::blinded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A boot announces itself.
    Register {
        /// The boot, current from now on; its sequence; what it applied.
        fence: Fence,
        /// Why.
        reason: RegisterReason,
        /// Where it is.
        addresses: Addresses,
    },
    /// A contact that passed the fence and is for the owner: the agent is not online, applied other settings, or was
    /// seen from another address.
    Contact {
        /// What passed.
        fence: Fence,
        /// How it was heard.
        kind: ContactKind,
        /// The address that it was seen from, where that is the agent's.
        observed: Option<core::net::IpAddr>,
    },
    /// The agent says what becomes of it (rule 10).
    Goodbye {
        /// Who says it.
        fence: Fence,
        /// What it announces.
        kind: GoodbyeKind,
    },
    /// A person retires it.
    Retire,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It counted.
    Accepted,
    /// The sequence is not higher than the last one: nothing changed.
    Stale,
    /// The boot is not the current one: it has to register.
    RegisterFirst,
    /// The agent is retired, or there is none in that slot: nothing changed.
    Gone,
}

/// A change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub slot: Slot,
    /// What it was.
    pub from: Status,
    /// What it is now.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When: at the event, or at the tick that found the deadline.
    pub at: EngineTime,
    /// The deadline that made it, where one did.
    pub due: Option<EngineTime>,
    /// When and how it was last heard, where it was.
    pub heard: Heard,
    /// Whether the change before this one and this one are a single restart (rule 10): the earlier one is
    /// no longer shown.
    pub folds: bool,
}

/// What is known of an agent when the engine starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Its last status.
    pub status: Status,
    /// The boot that was current.
    pub boot: Option<BootId>,
    /// The settings version that it last reported as applied, by its row or by the checkpoint; 0 before the first.
    pub applied: u32,
    /// Where it was.
    pub addresses: Addresses,
    /// How long it had been in that status when engine time was last saved, as near as wall time can tell: an
    /// offline agent's way to *inactive* goes on from there.
    pub in_status_for: core::time::Duration,
    /// Its contacts by the last checkpoint.
    pub remembered: Option<Remembered>,
}

impl Restored {
    /// An agent that was just enrolled.
    pub const ENROLLED: Self = Self {
        status: Status::Pending,
        boot: None,
        applied: 0,
        addresses: Addresses {
            own: None,
            observed: None,
        },
        in_status_for: core::time::Duration::ZERO,
        remembered: None,
    };
}
