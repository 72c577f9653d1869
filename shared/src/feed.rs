//! The feed: what a console that stays open is sent over its WebSocket, `/api/v1/feed`.
//!
//! Binary messages, each one [`ToConsole`] or [`FromConsole`] in postcard. Both ends are one build: the first
//! message of the server names the build of the console that it ships, and a console of another build reloads
//! itself before it reads on. So the encoding may change with every build, and `Hello` must stay the first
//! variant with its one string.
//!
//! Consoles that list agents take the feed of [`table`], walls that of [`wall`]. What is in this module itself is the feed of
//! every row, for programs that follow a whole fleet, and that of the pages that show no agents.
//!
//! Who follows every row is sent one snapshot, in parts, and from then on deltas. Each delta has the next sequence number.
//! A console that misses one says [`FromConsole::Resync`], or is sent a snapshot unasked: a slow screen is given
//! newer state, never a longer queue. Rows are numbers that hold for one connection of the server's life; ids
//! and names are sent once, with the snapshot or when an agent appears.

pub mod table;
pub mod wall;

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cause::{Cause, ContactKind};
use crate::console_api::Rollout;
use crate::id::{AgentId, DomainId, TransitionId};
use crate::status::Status;

/// Path of the feed.
pub const PATH: &str = "/api/v1/feed";

/// How often a console is sent something, at least: so that it knows how old what it shows is.
pub const PULSE_MS: u64 = 1_000;

/// How many rows a console may watch the contacts of at a time: more than the tallest screen shows.
pub const MOST_WATCHED_ROWS: usize = 1_000;

/// What a page that shows roll-outs and no agents adds to [`PATH`]: after `Hello` it is sent only
/// [`ToConsole::Rollouts`].
pub const ROLLOUTS: &str = "?show=rollouts";

/// What a page that asks the API for all that it shows adds to [`PATH`]: after `Hello` it is sent [`ToConsole::Rollouts`]
/// without any, once in [`PULSE_MS`]. Who may see only a part of the fleet may ask for it too.
pub const STANDING: &str = "?show=standing";

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToConsole {
    /// First of all: which console the server ships.
    Hello {
        /// As [`crate::build::id_in`] reads it.
        build: String,
    },
    /// A part of everything that this console may see. The first part replaces all that was shown.
    Snapshot {
        /// The sequence number that the snapshot stands at.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
        /// Whether this part begins a new snapshot.
        first: bool,
        /// Whether this part ends it.
        last: bool,
        /// The agent tree, as far as this console may see it; in the first part.
        domains: Vec<Domain>,
        /// Agents.
        rows: Vec<Row>,
        /// The latest transitions, newest first; in the last part.
        transitions: Vec<Event>,
    },
    /// What changed since the sequence number before.
    Delta {
        /// The one before, plus one.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
        /// The whole agent tree, where something of it changed.
        domains: Option<Vec<Domain>>,
        /// Agents that are new here, or whose name, address or version changed.
        rows: Vec<Row>,
        /// Agents that were put into another domain, and which.
        moved: Vec<(u32, DomainId)>,
        /// Agents that this console may no longer see: they were put into a domain that it does not.
        gone: Vec<u32>,
        /// Changes of status, oldest first.
        changes: Vec<Change>,
    },
    /// The last contacts of watched rows that were heard since they were last sent.
    Contacts {
        /// The server's wall clock.
        now_ms: i64,
        /// Row, how many milliseconds before `now_ms` it was heard, and how.
        contacts: Vec<(u32, u32, ContactKind)>,
    },
    /// How far the newest settings and the current components have got: all of them, whenever one of them changed, and
    /// at least once in [`PULSE_MS`].
    Rollouts {
        /// The server's wall clock.
        now_ms: i64,
        /// The settings first, then the components by name.
        rollouts: Vec<Rollout>,
    },
    /// Nothing changed; the sequence number stands.
    Pulse {
        /// The sequence number that the console must be at.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
    },
}

/// A folder of the agent tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its number.
    pub id: DomainId,
    /// The one that it is in; nothing for the one that holds all, and where this console may not see it.
    pub parent: Option<DomainId>,
    /// Its name.
    pub name: String,
}

/// An agent, as the table shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number on this feed.
    pub row: u32,
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: String,
    /// Its folder of the agent tree.
    pub domain: DomainId,
    /// Its status.
    pub status: Status,
    /// Since when.
    pub since_ms: i64,
    /// Why.
    pub cause: Cause,
    /// When it was last heard, and how.
    pub last_contact: Option<(i64, ContactKind)>,
    /// The address from which it was last seen.
    pub address: Option<IpAddr>,
    /// The agent's own version.
    pub agent_version: String,
    /// Who retired it; nothing where nobody did.
    pub retired_by: Option<String>,
}

/// A change of status, as small as it can be: eight bytes or so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Whose.
    pub row: u32,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// How many milliseconds before the message's `now_ms`.
    pub ago_ms: u32,
}

/// A transition of the recent past, in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id, where the store has one.
    pub id: TransitionId,
    /// Whose.
    pub row: u32,
    /// When.
    pub at_ms: i64,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// What a console sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromConsole {
    /// The rows on the screen: their contacts are sent once a second. Replaces those named before.
    Watch {
        /// At most [`MOST_WATCHED_ROWS`].
        rows: Vec<u32>,
    },
    /// A sequence number was missed: send a snapshot.
    Resync,
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;

    #[test]
    fn a_change_of_status_is_eight_bytes_at_the_most() {
        let change = Change {
            row: 999_999,
            to: Status::UnreachableOffline,
            cause: Cause::Deadline { after_s: 3600 },
            ago_ms: 90,
        };
        let bytes = postcard::to_allocvec(&change).unwrap();
        assert!(bytes.len() <= 8, "{} bytes", bytes.len());
    }

    #[test]
    fn a_roll_out_is_read_as_it_is_written() {
        let rollout = Rollout {
            subject: "component.antivirus.2.1.0".parse().unwrap(),
            queued_at_ms: 5,
            concerned: 3,
            queued: 1,
            delivered: 1,
            applied: 1,
            failed: 0,
            superseded: 0,
            median_ms: Some(7),
            longest_ms: None,
        };
        let message = ToConsole::Rollouts {
            now_ms: 9,
            rollouts: alloc::vec![rollout],
        };
        let bytes = postcard::to_allocvec(&message).unwrap();
        assert_eq!(postcard::from_bytes::<ToConsole>(&bytes).unwrap(), message);
    }

    #[test]
    fn hello_stays_the_first_variant_so_that_any_build_can_read_it() {
        let bytes = postcard::to_allocvec(&ToConsole::Hello {
            build: "ab".to_owned(),
        })
        .unwrap();
        assert_eq!(bytes, [0, 2, b'a', b'b']);
    }
}
