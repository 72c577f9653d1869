//! A row as a list reads it: borrowed, since a list looks at a hundred thousand of them to show fifty.

use std::net::IpAddr;

use rollcall_shared::{AgentId, DomainId, Status};

use super::row::Row;
use crate::engine::Engine;

/// An agent that the asker may see.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    number: u32,
    row: &'a Row,
    engine: &'a Engine,
}

impl<'a> Listed<'a> {
    pub(super) const fn new(number: u32, row: &'a Row, engine: &'a Engine) -> Self {
        Self { number, row, engine }
    }

    /// The number of its row.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> AgentId {
        self.row.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.row.name()
    }

    /// Its folder of the agent tree.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.row.domain
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.row.status
    }

    /// Since when it has that, by the wall clock.
    #[must_use]
    pub const fn since_ms(&self) -> i64 {
        self.row.since_ms
    }

    /// The address from which it was last seen.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.row.address()
    }

    /// The agent's own version.
    #[must_use]
    pub fn agent_version(&self) -> &'a str {
        self.row.agent_version()
    }

    /// When it was last heard, by the wall clock. Unlike the rest this changes without being told of.
    #[must_use]
    pub fn heard_ms(&self) -> Option<i64> {
        self.row.last_contact(self.engine).map(|(at_ms, _)| at_ms)
    }
}
