//! One simulated agent: what it knows, and what it was promised.

use rollcall_agent::schedule::Schedule;
use rollcall_shared::{AgentId, Presence, RegisterReason, Status};

use super::packets::Packets;
use crate::http::Credential;
use crate::promise::Promise;

/// No call is due.
pub(super) const NEVER: u64 = u64::MAX;

/// One simulated agent.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing, and all may be so at once"
)]
pub(super) struct Agent {
    pub(super) id: AgentId,
    pub(super) credential: Credential,
    pub(super) schedule: Schedule,
    /// The entry of the heap that counts; others of this agent are passed over.
    pub(super) due_ms: u64,
    /// When it began to register; nothing before, and once it has.
    pub(super) began_us: Option<u64>,
    /// Whether the server knows that it lives by the newest settings.
    pub(super) settled: bool,
    pub(super) silent: bool,
    /// Whether it was silent and no contact of its was answered since.
    pub(super) away: bool,
    /// Whether its going offline is what the test wants.
    pub(super) excused: bool,
    /// Whether a call of its is waiting or under way.
    pub(super) calls: bool,
    pub(super) contact_every_ms: u64,
    pub(super) promise: Promise,
    /// What the feed shows of it.
    pub(super) shown: Option<Status>,
    /// The first answered contact since it came back, until it is shown online.
    pub(super) came_us: Option<u64>,
    /// When it was shown online, where that was before the answer that brought it about: the feed may be quicker.
    pub(super) early_us: Option<u64>,
    /// Its loopback packets, where it sends any.
    pub(super) packets: Option<Box<Packets>>,
}

impl Agent {
    /// One that has not begun yet.
    pub(super) fn new(id: AgentId, credential: Credential, random: u64) -> Self {
        Self {
            id,
            credential,
            schedule: Schedule::new(RegisterReason::Start, 0, random),
            due_ms: NEVER,
            began_us: None,
            settled: false,
            silent: false,
            away: false,
            excused: false,
            calls: false,
            contact_every_ms: 0,
            promise: Promise::default(),
            shown: None,
            came_us: None,
            early_us: None,
            packets: None,
        }
    }

    pub(super) fn is_shown(&self, presence: Presence) -> bool {
        self.shown.and_then(Status::presence) == Some(presence)
    }
}
