//! The feed of a screen that lists agents: a window of the rows, what is counted, and what happened.
//!
//! A screen says which agents it wants, in which order, and which stretch of that list it shows. It is sent those rows,
//! and from then on what changes in that stretch; of the rest of the fleet only counts, domain by domain, and the latest
//! transitions, which are encoded once for all screens that may see the same. So what a screen costs follows what it
//! shows, however many agents there are.
//!
//! Nothing here is numbered: each message about rows is made for its screen when the one before was taken, from what the
//! screen was told and what is so now. A slow screen is sent newer state, and a new connection begins anew.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Domain, Row};
use crate::cause::{Cause, ContactKind};
use crate::id::{AgentId, DomainId, TransitionId};
use crate::status::{Status, Statuses};

/// What such a screen adds to [`super::PATH`]: after `Hello` it is sent only [`ToTable`].
pub const TABLE: &str = "?show=table";

/// The longest stretch that a screen may have in its window.
pub const MOST_ROWS: u32 = 2_000;

/// The longest search, in bytes: longer than any name.
pub const MOST_SEARCHED: usize = 256;

/// How many of the latest transitions a screen is sent at a time.
pub const MOST_HAPPENED: usize = 1_000;

/// What rows are sorted by. Agents that are alike in that stand by name, and those of one name by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SortKey {
    /// Their names, as [`crate::natural::compare`] puts them.
    #[default]
    Name,
    /// Their status, in the order of [`Status::ALL`].
    Status,
    /// Since when they have it, the latest first.
    Since,
    /// When they were last heard, the latest first.
    Contact,
    /// Their domain, as the tree stands: by name within each.
    Domain,
    /// The address from which they were last seen.
    Address,
    /// The agent's own version, as [`crate::natural::compare`] puts them.
    Version,
}

/// Which agents, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Query {
    /// Only those of this domain and of those below it.
    pub domain: Option<DomainId>,
    /// Only these; where it is empty, all but the retired.
    pub statuses: Statuses,
    /// What name or address must contain, with the letters A to Z in whatever case: [`MOST_SEARCHED`] bytes at the most.
    pub search: String,
    /// What they are sorted by.
    pub sort: SortKey,
    /// Whether that is turned round.
    pub descending: bool,
}

impl Query {
    /// Whether agents of a status are among them, as far as that goes.
    #[must_use]
    pub fn shows(&self, status: Status) -> bool {
        if self.statuses.is_empty() {
            status != Status::Retired
        } else {
            self.statuses.has(status)
        }
    }
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToTable {
    /// As [`super::ToConsole::Hello`], byte for byte.
    Hello {
        /// Which console the server ships.
        build: String,
    },
    /// The agent tree, as far as this screen may see it: at first, and whenever something of it changed.
    Tree {
        /// The server's wall clock.
        now_ms: i64,
        /// All of it.
        domains: Vec<Domain>,
    },
    /// How many agents of each status are in a domain itself, without those below it. The first of a connection, or one
    /// that is `whole`, has all domains that have any agent; the others those whose counts changed.
    Counts {
        /// The server's wall clock.
        now_ms: i64,
        /// Whether what is not named here has no agents.
        whole: bool,
        /// In the order of [`Status::ALL`].
        counts: Vec<(DomainId, [u32; Status::ALL.len()])>,
    },
    /// Transitions since the last such message, newest first, [`MOST_HAPPENED`] at the most.
    Happened {
        /// The server's wall clock.
        now_ms: i64,
        /// Whether these replace all that the screen had, because it opens or missed some.
        whole: bool,
        /// The transitions.
        happened: Vec<Happened>,
    },
    /// The window, where it differs from what the screen was told.
    Window {
        /// The server's wall clock.
        now_ms: i64,
        /// The last [`FromTable::Window`] that was taken into account.
        number: u32,
        /// How many agents the query finds; 0 where no rows were asked for.
        total: u32,
        /// Where in their list the window begins: as it was asked for, or nearer where the list is shorter.
        first: u32,
        /// The numbers of the rows in the window, in order; nothing where they are those that were sent last.
        order: Option<Vec<u32>>,
        /// Those that the screen was not told of as they are now.
        rows: Vec<Row>,
    },
    /// The last contacts of rows in the window and of the opened agent, that were heard since they were last sent.
    Contacts {
        /// The server's wall clock.
        now_ms: i64,
        /// Row, how many milliseconds before `now_ms` it was heard, and how.
        contacts: Vec<(u32, u32, ContactKind)>,
    },
    /// The agent that is opened, at first and whenever it changed.
    Opened {
        /// The server's wall clock.
        now_ms: i64,
        /// Which was asked for.
        id: AgentId,
        /// The agent; nothing where this screen may see none of that id.
        agent: Option<Row>,
    },
    /// A part of what [`FromTable::List`] asked for.
    Listed {
        /// The server's wall clock.
        now_ms: i64,
        /// As it was asked.
        number: u32,
        /// Whether no part follows.
        last: bool,
        /// The agents and their domains, in order, where only those were asked for.
        agents: Vec<(AgentId, DomainId)>,
        /// Or all of each.
        rows: Vec<Row>,
    },
    /// Nothing changed, or what the screen asked for is still being made.
    Pulse {
        /// The server's wall clock.
        now_ms: i64,
    },
}

/// A transition, with whose it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// Its id.
    pub id: TransitionId,
    /// Whose.
    pub agent: AgentId,
    /// What that is called.
    pub name: String,
    /// When.
    pub at_ms: i64,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// What such a screen sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromTable {
    /// Which window it shows. Replaces the one before.
    Window {
        /// Counts them, for the screen to know which one an answer is of.
        number: u32,
        /// Of which list.
        query: Query,
        /// Where in it the window begins.
        first: u32,
        /// How many rows it has, [`MOST_ROWS`] at the most. Where it has none, the server makes no list, and finds nobody.
        count: u32,
    },
    /// Which agent it shows beside the table. Replaces the one before.
    Open {
        /// Nothing where it shows none.
        agent: Option<AgentId>,
    },
    /// Send a stretch of a list, once.
    List {
        /// For the screen to know which answer is which.
        number: u32,
        /// Of which list.
        query: Query,
        /// Where the stretch begins.
        first: u32,
        /// How many agents it has at the most.
        count: u32,
        /// Whether whole rows are wanted instead of ids and domains.
        rows: bool,
    },
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;
    use crate::feed::ToConsole;

    #[test]
    fn what_every_feed_says_has_the_same_bytes_on_each() {
        let build = || "ab".to_owned();
        assert_eq!(
            postcard::to_allocvec(&ToTable::Hello { build: build() }).unwrap(),
            postcard::to_allocvec(&ToConsole::Hello { build: build() }).unwrap()
        );
    }

    #[test]
    fn a_query_without_statuses_finds_all_but_the_retired() {
        let query = Query::default();
        assert!(query.shows(Status::Inactive) && !query.shows(Status::Retired));
        let query = Query {
            statuses: Statuses::from_keys("retired"),
            ..Query::default()
        };
        assert!(!query.shows(Status::Inactive) && query.shows(Status::Retired));
    }
}
