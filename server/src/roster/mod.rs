//! Who exists, live: names, domains, statuses, and what changed last.
//!
//! Held in memory, filled from the store at the start and kept by the engine's changes and by registrations.
//! Every look at it passes a [`Scope`]. A [`changes::Log`] lets the feed follow it by a cursor instead of
//! being called for each change; that there is something to look for, it is told. When an agent was last heard is
//! not here but in the engine's cells: a heartbeat touches no roster.

mod changes;
mod domains;
mod listed;
mod row;
mod view;
mod watched;

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use rollcall_presence::Place;
use rollcall_shared::console_api::{Agent, AgentDetails};
use rollcall_shared::{AgentId, BootId, Cause, Status, TransitionId};
use tokio::sync::{Mutex, watch};

use crate::engine::{Change, Engine};
use crate::scope::{Scope, Tree};
use crate::store::agents::AgentRecord;
use changes::{Item, Log};
use row::{Row, Softwares};
use watched::Watched;

pub use changes::{Cursor, StatusChange};
pub use listed::Listed;
pub use view::{Cell, Told, View, Visible};

/// Where an agent listens for the server, and what else it says of its machine that only people who ask are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listens {
    /// Its own end of its connection to the server, as it reports it.
    pub own_address: Option<IpAddr>,
    /// The TCP port; nothing where it listens on none.
    pub port: Option<u16>,
    /// How far its machine's clock was ahead of the server's, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
}

/// How the server may reach an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Where the engine keeps it.
    pub place: Place,
    /// The address from which it was last seen.
    pub observed: Option<IpAddr>,
    /// Where it listens.
    pub listens: Listens,
    /// Its status.
    pub status: Status,
}

/// What a registration tells of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// What its machine calls itself.
    pub name: String,
    /// Operating system and version.
    pub platform: String,
    /// The agent's own version.
    pub agent_version: String,
    /// The address from which it was seen.
    pub address: IpAddr,
    /// The boot that registered.
    pub boot: BootId,
    /// Where it listens for the server.
    pub listens: Listens,
    /// The addresses that its machine has.
    pub addresses: Vec<IpAddr>,
}

/// The fleet.
pub struct Roster {
    engine: Engine,
    inner: Watched<Inner>,
    /// See [`Roster::changing`].
    changing: Mutex<()>,
}

#[derive(Default)]
struct Inner {
    tree: Tree,
    rows: Vec<Row>,
    by_id: RowsById,
    softwares: Softwares,
    log: Log,
}

/// The numbers of rows, found by the id that is in the row: a quarter of the room of a map that holds both. Ids are
/// given by the server, at random.
#[derive(Default)]
struct RowsById {
    numbers: HashTable<u32>,
    hasher: FixedState,
}

impl RowsById {
    fn find(&self, rows: &[Row], agent: AgentId) -> Option<u32> {
        let is_it = |number: &u32| rows.get(*number as usize).is_some_and(|row| row.id == agent);
        self.numbers.find(self.hasher.hash_one(agent), is_it).copied()
    }

    /// Takes up the last of the rows.
    fn add(&mut self, rows: &[Row], number: u32, agent: AgentId) {
        let hasher = &self.hasher;
        self.numbers
            .insert_unique(hasher.hash_one(agent), number, |number| {
                rows.get(*number as usize)
                    .map_or(0, |row| hasher.hash_one(row.id))
            });
    }
}

impl Inner {
    fn make_room(&mut self, agents: usize) {
        self.rows.reserve(agents);
        let Self { rows, by_id, .. } = self;
        let RowsById { numbers, hasher } = by_id;
        numbers.reserve(agents, |number| {
            rows.get(*number as usize)
                .map_or(0, |row| hasher.hash_one(row.id))
        });
    }

    fn take_up(&mut self, record: &AgentRecord, place: Place, engine: &Engine) -> Option<u32> {
        if self.number_of(record.id).is_some() {
            return None;
        }
        let number = u32::try_from(self.rows.len()).ok()?;
        self.rows
            .push(Row::new(record, place, engine, &mut self.softwares));
        self.by_id.add(&self.rows, number, record.id);
        self.log.push(Item::Row(number));
        Some(number)
    }

    fn number_of(&self, agent: AgentId) -> Option<u32> {
        self.by_id.find(&self.rows, agent)
    }

    fn row(&self, agent: AgentId) -> Option<&Row> {
        self.rows.get(self.number_of(agent)? as usize)
    }

    fn row_mut(&mut self, agent: AgentId) -> Option<(u32, &mut Row)> {
        let number = self.number_of(agent)?;
        self.rows.get_mut(number as usize).map(|row| (number, row))
    }
}

impl Roster {
    /// An empty roster beside this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            inner: Watched::default(),
            changing: Mutex::new(()),
        }
    }

    /// The same with room for so many agents.
    #[must_use]
    pub fn with_room(engine: Engine, agents: usize) -> Self {
        let roster = Self::new(engine);
        roster.inner.write().make_room(agents);
        roster
    }

    /// Takes up an agent as the store knows it, unless it is known already.
    pub fn insert(&self, record: &AgentRecord, place: Place) {
        self.inner.write().take_up(record, place, &self.engine);
    }

    /// Takes up an agent that was just enrolled, and tells so as the transition of this id.
    pub fn enrol(&self, record: &AgentRecord, place: Place, id: TransitionId) {
        let mut inner = self.inner.write();
        if let Some(row) = inner.take_up(record, place, &self.engine) {
            let Row {
                since_ms,
                status,
                cause,
                ..
            } = inner.rows[row as usize];
            inner.log.push(Item::Status(StatusChange {
                id,
                row,
                at_ms: since_ms,
                to: status,
                cause,
                published: self.engine.monotonic(),
            }));
        }
    }

    /// Applies what the engine changed. Called on the engine's thread: quick.
    pub fn apply(&self, changes: &[Change]) {
        let mut inner = self.inner.write();
        for change in changes {
            let Some((row, agent)) = inner.row_mut(change.agent) else {
                continue;
            };
            agent.status = change.to;
            agent.cause = change.cause;
            agent.since_ms = change.at_ms;
            let item = StatusChange {
                id: change.id,
                row,
                at_ms: change.at_ms,
                to: change.to,
                cause: change.cause,
                published: change.published,
            };
            if let Some(folded) = change.folds {
                inner.log.forget(folded);
            }
            inner.log.push(Item::Status(item));
        }
    }

    /// Applies what a registration tells. Gives whether people see anything new.
    pub fn register(&self, agent: AgentId, registration: &Registration) -> bool {
        let mut inner = self.inner.write();
        let Some(number) = inner.number_of(agent) else {
            return false;
        };
        let Inner { rows, softwares, .. } = &mut *inner;
        let changed = rows
            .get_mut(number as usize)
            .is_some_and(|row| row.register(registration, softwares));
        if changed {
            inner.log.push(Item::Row(number));
        }
        changed
    }

    /// Notes that an agent is seen from another address.
    pub fn moved(&self, agent: AgentId, address: IpAddr) {
        let mut inner = self.inner.write();
        if let Some((row, known)) = inner.row_mut(agent)
            && known.moved_to(address)
        {
            inner.log.push(Item::Row(row));
        }
    }

    /// How the server may reach an agent.
    #[must_use]
    pub fn reach(&self, agent: AgentId) -> Option<Reach> {
        let inner = self.inner.read();
        let row = inner.row(agent)?;
        Some(Reach {
            place: row.place(),
            observed: row.address(),
            listens: row.listens(),
            status: row.status,
        })
    }

    /// The agents of the rows from this one on, in the order in which they were taken up.
    #[must_use]
    pub fn agents_from(&self, row: usize) -> Vec<AgentId> {
        let inner = self.inner.read();
        inner.rows.iter().skip(row).map(|row| row.id).collect()
    }

    /// Everybody in the roll call, and those who have left it for being away too long: all who were ever heard and are
    /// not retired.
    #[must_use]
    pub fn heard(&self) -> Vec<(AgentId, Place)> {
        let inner = self.inner.read();
        let heard = inner
            .rows
            .iter()
            .filter(|row| !matches!(row.status, Status::Pending | Status::Retired));
        heard.map(|row| (row.id, row.place())).collect()
    }

    /// An agent, as people see it now; nothing where there is none, or none that the asker may see.
    #[must_use]
    pub fn get(&self, scope: &Scope, agent: AgentId) -> Option<(Place, Agent)> {
        let inner = self.inner.read();
        let row = inner.row(agent)?;
        inner
            .tree
            .sees(scope, row.domain)
            .then(|| (row.place(), row.agent(&self.engine)))
    }

    /// An agent with all that is known of it; nothing where there is none, or none that the asker may see.
    #[must_use]
    pub fn details(&self, scope: &Scope, agent: AgentId) -> Option<AgentDetails> {
        let inner = self.inner.read();
        let row = inner.row(agent)?;
        let is_seen = inner.tree.sees(scope, row.domain);
        is_seen.then(|| row.details(&self.engine))
    }

    /// The agents after this id, in the order of their ids.
    #[must_use]
    pub fn page(&self, scope: &Scope, after: Option<AgentId>, limit: usize) -> Vec<Agent> {
        let inner = self.inner.read();
        let mut ids: Vec<AgentId> = inner
            .rows
            .iter()
            .filter(|row| inner.tree.sees(scope, row.domain) && after.is_none_or(|after| row.id > after))
            .map(|row| row.id)
            .collect();
        if ids.len() > limit {
            ids.select_nth_unstable(limit);
            ids.truncate(limit);
        }
        ids.sort_unstable();
        ids.iter()
            .filter_map(|id| inner.row(*id))
            .map(|row| row.agent(&self.engine))
            .collect()
    }

    /// How many agents there are, retired ones and all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner.read().rows.len()
    }

    /// How many agents have each status.
    #[must_use]
    pub fn counts(&self) -> HashMap<Status, usize> {
        let mut counts = HashMap::new();
        for row in &self.inner.read().rows {
            *counts.entry(row.status).or_default() += 1;
        }
        counts
    }

    /// Says that something changed since it was last looked at. What, a [`View`] knows.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<()> {
        self.inner.news()
    }

    /// A look at the whole roster that does not change while it is held.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.engine, self.inner.read())
    }

    /// Puts transitions of the past, newest first, where consoles find the latest ones.
    pub fn remember(&self, past: &[(TransitionId, AgentId, i64, Status, Cause)]) {
        let mut inner = self.inner.write();
        for &(id, agent, at_ms, to, cause) in past.iter().rev() {
            if let Some(row) = inner.number_of(agent) {
                inner.log.remember(StatusChange {
                    id,
                    row,
                    at_ms,
                    to,
                    cause,
                    published: Duration::ZERO,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
