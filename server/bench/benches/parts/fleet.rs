//! A partition full of agents that are online.

use std::sync::Arc;
use std::time::Duration;

use rollcall_presence::{Addresses, EngineTime, Event, Outcome, Partition, Place, Rulebook, Slot};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, RegisterReason, Settings};

pub(crate) fn fence(boot: BootId, sequence: u32) -> Fence {
    Fence {
        boot,
        sequence,
        applied: 1,
    }
}

pub(crate) fn place(number: u64) -> Place {
    Place {
        partition: u8::try_from(number % 64).unwrap(),
        slot: Slot(u32::try_from(number / 64).unwrap()),
    }
}

/// So many agents, registered, and the boot of all of them.
pub(crate) fn partition(agents: u32) -> (Partition, BootId) {
    let settings = Settings::default();
    let rulebook = Rulebook::new(1, &settings, Duration::from_mins(1));
    let mut partition = Partition::new(Arc::new(rulebook), EngineTime::from_secs(0));
    let boot = BootId::from_bits(1).unwrap();
    let mut effects = Vec::new();
    for _ in 0..agents {
        let slot = partition.enrol().unwrap();
        let event = Event::Register {
            fence: fence(boot, 1),
            reason: RegisterReason::Start,
            addresses: Addresses::default(),
        };
        let outcome = partition.handle(slot, event, EngineTime::from_secs(1), &mut effects);
        assert_eq!(outcome, Outcome::Accepted);
    }
    (partition, boot)
}
