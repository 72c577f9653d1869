//! The last mapping of each agent that sends loopback packets: from which address and port they come, and since when.
//! Written only when it changes.

use std::net::SocketAddr;

use rollcall_shared::AgentId;

/// The end of an agent's UDP that the server sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// Which.
    pub from: SocketAddr,
    /// Since when, by the wall clock.
    pub since_ms: i64,
}

/// All of them.
#[derive(Default)]
pub(super) struct Mappings {
    last: papaya::HashMap<AgentId, Mapping>,
}

impl Mappings {
    pub(super) fn of(&self, agent: AgentId) -> Option<Mapping> {
        self.last.pin().get(&agent).copied()
    }

    /// Notes from where an agent's packets come since then.
    pub(super) fn note(&self, agent: AgentId, from: SocketAddr, since_ms: i64) {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        self.last.pin().insert(agent, Mapping { from, since_ms });
    }
}
