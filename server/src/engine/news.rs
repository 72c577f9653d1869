//! What leaves the engine.

use std::time::Duration;

use rollcall_shared::console_api::BlindSpan;
use rollcall_shared::{AgentId, Cause, ContactKind, Status, TransitionId};

/// A change of status, as it leaves the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: TransitionId,
    /// Whose.
    pub agent: AgentId,
    /// When, by the wall clock.
    pub at_ms: i64,
    /// What it was.
    pub from: Status,
    /// What it is now.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When and how the agent was last heard, where it was since the engine started.
    pub last_contact: Option<(i64, ContactKind)>,
    /// The earlier change that this one takes in (rule 10).
    pub folds: Option<TransitionId>,
    /// When it was published, by the monotonic clock.
    pub published: Duration,
}

/// What leaves the engine.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// What one tick or one command changed, in order.
    Changes(&'a [Change]),
    /// The server was blind while it ran.
    Blind(BlindSpan),
    /// An agent reported this version of the settings as applied, for the first time.
    Applied(AgentId, u32),
}

/// Where news goes. Called on the driver's thread.
pub type Sink = Box<dyn Fn(News<'_>) + Send>;
