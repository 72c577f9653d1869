//! The feed of a wall screen: every agent as a cell, without its name.
//!
//! Cells are numbered from 0, group by group, by the last picture; a change says only which cell and what it became. Who
//! comes, goes or is put elsewhere makes another picture, which gives cells other numbers. Who a cell is, the screen asks
//! when somebody points at it. So what a screen is sent follows what changes, and a million agents of whom nearly all are
//! online open with some kilobytes.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Row;
use crate::cause::Cause;
use crate::id::AgentId;
use crate::status::Status;

/// By what a wall groups its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// By their folders of the agent tree.
    #[default]
    Domain,
    /// Agents of the unreachable network by the public address that they share; the others are direct. An agent that is
    /// pending or inactive is direct where it has the address that it came from itself.
    Gateway,
    /// By the network that they are in: /24 of IPv4, /64 of IPv6, of their own address or else of the one that is seen.
    Network,
}

impl Grouping {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Domain, Self::Gateway, Self::Network];

    /// Its name in addresses.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Gateway => "gateway",
            Self::Network => "network",
        }
    }

    /// What a wall adds to [`super::PATH`]: after `Hello` it is sent only [`ToWall`].
    #[must_use]
    pub const fn show(self) -> &'static str {
        match self {
            Self::Domain => "?show=wall",
            Self::Gateway => "?show=wall&group=gateway",
            Self::Network => "?show=wall&group=network",
        }
    }
}

/// How many of the latest transitions a wall is told of at a time.
pub const LATEST: usize = 40;

/// What the server sends to a wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWall {
    /// As [`super::ToConsole::Hello`], byte for byte.
    Hello {
        /// Which console the server ships.
        build: String,
    },
    /// A part of a picture. The first part replaces all that was shown.
    Picture {
        /// The sequence number that the picture stands at.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
        /// Which picture it is: pictures with one number have the same agents in the same cells.
        number: u32,
        /// Whether this part begins a new picture.
        first: bool,
        /// Whether this part ends it.
        last: bool,
        /// The groups; the first one goes on with the last one of the part before where it has the same number.
        groups: Vec<Group>,
        /// The latest transitions, newest first; in the last part.
        latest: Vec<Latest>,
    },
    /// What changed since the sequence number before.
    Cells {
        /// The one before, plus one.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
        /// Cells and what they are now, each once. Who was retired has no cell any more: its place is empty.
        cells: Vec<(u32, Status)>,
        /// Transitions since then, newest first, [`LATEST`] at the most.
        latest: Vec<Latest>,
    },
    /// Nothing changed; the sequence number stands.
    Pulse {
        /// The sequence number that the wall must be at.
        sequence: u64,
        /// The server's wall clock.
        now_ms: i64,
    },
    /// Who a cell is.
    Known {
        /// The server's wall clock.
        now_ms: i64,
        /// As it was asked.
        asked: Asked,
        /// Its agent; nothing where the picture is another one by now.
        agent: Option<Row>,
    },
}

/// The agents of one domain, without those in its subdomains; or of one gateway or network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its number in the picture, from 0.
    pub number: u32,
    /// Its name; before it those of the domains that it is in, outermost first.
    pub path: Vec<String>,
    /// Its cells: so many in a row of one status.
    pub runs: Vec<(u32, Status)>,
}

/// A transition of the recent past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// Whose.
    pub agent: AgentId,
    /// What it is called.
    pub name: String,
    /// When.
    pub at_ms: i64,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// A cell of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The picture's number.
    pub picture: u32,
    /// The cell's.
    pub cell: u32,
}

/// What a wall sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWall {
    /// Who is this cell?
    Who(Asked),
    /// As [`super::FromConsole::Resync`], byte for byte: a sequence number was missed.
    Resync,
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;
    use crate::feed::{FromConsole, ToConsole};

    #[test]
    fn what_every_feed_says_has_the_same_bytes_on_each() {
        let build = || "ab".to_owned();
        assert_eq!(
            postcard::to_allocvec(&ToWall::Hello { build: build() }).unwrap(),
            postcard::to_allocvec(&ToConsole::Hello { build: build() }).unwrap()
        );
        assert_eq!(
            postcard::to_allocvec(&FromWall::Resync).unwrap(),
            postcard::to_allocvec(&FromConsole::Resync).unwrap()
        );
    }

    #[test]
    fn a_cell_that_changes_is_five_bytes_at_the_most() {
        let bytes = postcard::to_allocvec(&(999_999_u32, Status::UnreachableOffline)).unwrap();
        assert!(bytes.len() <= 5, "{} bytes", bytes.len());
    }
}
