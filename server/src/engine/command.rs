//! What is asked of the driver, with the way back for its answer.

use std::sync::Arc;

use rollcall_presence::{EngineTime, Event, Grounds, Place, Rulebook, TableFull, Unheard, Verdict};
use rollcall_shared::AgentId;
use tokio::sync::oneshot;

use super::{Checkpoint, Handled};

/// What others ask of the driver.
pub(super) enum Command {
    /// Something rare happened to an agent.
    Event {
        place: Place,
        event: Event,
        at: EngineTime,
        reply: oneshot::Sender<Handled>,
    },
    /// What do the rules say of an agent?
    Verdict {
        place: Place,
        reply: oneshot::Sender<Option<Verdict>>,
    },
    /// What does an agent's status rest on?
    Grounds {
        place: Place,
        reply: oneshot::Sender<Option<Grounds>>,
    },
    /// Everybody lives by another rulebook from now on.
    Adopt {
        rulebook: Arc<Rulebook>,
        reply: oneshot::Sender<()>,
    },
    /// The contacts of a partition, to be written down.
    Checkpoint {
        partition: u8,
        reply: oneshot::Sender<Checkpoint>,
    },
    /// Who of a partition is yet to be heard?
    Unheard {
        partition: u8,
        reply: oneshot::Sender<Unheard>,
    },
    /// An agent was enrolled.
    Enrol {
        agent: AgentId,
        reply: oneshot::Sender<Result<Place, TableFull>>,
    },
    /// Contacts can be heard from now on.
    GoOn,
    /// No more.
    Stop,
}
