//! Who exists, live: names, domains, statuses, and what changed last.
//!
//! Held in memory, filled from the store at the start and kept by the engine's changes and by registrations.
//! Every look at it passes a [`Scope`]. A [`changes::Log`] lets the feed follow it by a cursor instead of
//! being called for each change. When an agent was last heard is not here but in the engine's cells: a
//! heartbeat touches no roster.

mod changes;
mod domains;
mod view;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::RwLock;
use rollcall_presence::Place;
use rollcall_shared::console_api::{Agent, AgentDetails, LastContact};
use rollcall_shared::{AgentId, BootId, Cause, Status, TransitionId};
use tokio::sync::Mutex;

use crate::engine::{Change, Engine};
use crate::scope::{Scope, Tree};
use crate::store::agents::AgentRecord;
use changes::{Item, Log};

pub use changes::{Cursor, StatusChange};
pub use view::{Told, View, Visible};

/// An agent of the fleet.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the engine keeps it.
    pub place: Place,
    /// What people see of it. What it applied and when it was last heard the engine knows; see [`Roster::seen`].
    pub agent: Agent,
    /// Where the server may connect to it.
    pub listens: Listens,
    /// The addresses that it says its machine has, which are only shown.
    pub addresses: Box<[IpAddr]>,
}

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
    inner: RwLock<Inner>,
    /// See [`Roster::changing`].
    changing: Mutex<()>,
}

#[derive(Default)]
struct Inner {
    tree: Tree,
    rows: Vec<Entry>,
    by_id: HashMap<AgentId, u32>,
    log: Log,
}

impl Inner {
    fn take_up(&mut self, record: &AgentRecord, place: Place) -> Option<u32> {
        if self.by_id.contains_key(&record.id) {
            return None;
        }
        let row = u32::try_from(self.rows.len()).ok()?;
        self.by_id.insert(record.id, row);
        self.rows.push(Entry {
            place,
            agent: agent_of(record),
            listens: Listens {
                own_address: record.local_address,
                port: record.notify_port,
                clock_ahead_ms: None,
            },
            addresses: record.addresses.as_slice().into(),
        });
        self.log.push(Item::Row(row));
        Some(row)
    }

    fn row_mut(&mut self, agent: AgentId) -> Option<(u32, &mut Agent)> {
        let row = *self.by_id.get(&agent)?;
        self.rows
            .get_mut(row as usize)
            .map(|entry| (row, &mut entry.agent))
    }
}

impl Roster {
    /// An empty roster beside this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            inner: RwLock::default(),
            changing: Mutex::new(()),
        }
    }

    /// Takes up an agent as the store knows it, unless it is known already.
    pub fn insert(&self, record: &AgentRecord, place: Place) {
        self.inner.write().take_up(record, place);
    }

    /// Takes up an agent that was just enrolled, and tells so as the transition of this id.
    pub fn enrol(&self, record: &AgentRecord, place: Place, id: TransitionId) {
        let mut inner = self.inner.write();
        if let Some(row) = inner.take_up(record, place) {
            let Agent {
                since_ms,
                status,
                cause,
                ..
            } = inner.rows[row as usize].agent;
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
        let Some((row, known)) = inner.row_mut(agent) else {
            return false;
        };
        let before = known.clone();
        known.name.clone_from(&registration.name);
        known.platform.clone_from(&registration.platform);
        known.agent_version.clone_from(&registration.agent_version);
        known.address = Some(registration.address);
        let changed = *known != before;
        if let Some(entry) = inner.rows.get_mut(row as usize) {
            entry.listens = registration.listens;
            entry.addresses = registration.addresses.as_slice().into();
        }
        if changed {
            inner.log.push(Item::Row(row));
        }
        changed
    }

    /// Notes that an agent is seen from another address.
    pub fn moved(&self, agent: AgentId, address: IpAddr) {
        let mut inner = self.inner.write();
        if let Some((row, known)) = inner.row_mut(agent)
            && known.address != Some(address)
        {
            known.address = Some(address);
            inner.log.push(Item::Row(row));
        }
    }

    /// How the server may reach an agent.
    #[must_use]
    pub fn reach(&self, agent: AgentId) -> Option<Reach> {
        let inner = self.inner.read();
        let entry = inner.rows.get(*inner.by_id.get(&agent)? as usize)?;
        Some(Reach {
            place: entry.place,
            observed: entry.agent.address,
            listens: entry.listens,
            status: entry.agent.status,
        })
    }

    /// The agents of the rows from this one on, in the order in which they were taken up.
    #[must_use]
    pub fn agents_from(&self, row: usize) -> Vec<AgentId> {
        let inner = self.inner.read();
        inner.rows.iter().skip(row).map(|entry| entry.agent.id).collect()
    }

    /// Everybody in the roll call, and those who have left it for being away too long: all who were ever heard and are
    /// not retired.
    #[must_use]
    pub fn heard(&self) -> Vec<(AgentId, Place)> {
        let inner = self.inner.read();
        let heard = inner
            .rows
            .iter()
            .filter(|entry| !matches!(entry.agent.status, Status::Pending | Status::Retired));
        heard.map(|entry| (entry.agent.id, entry.place)).collect()
    }

    /// An agent, as people see it now; nothing where there is none, or none that the asker may see.
    #[must_use]
    pub fn get(&self, scope: &Scope, agent: AgentId) -> Option<(Place, Agent)> {
        let inner = self.inner.read();
        let entry = inner.rows.get(*inner.by_id.get(&agent)? as usize)?;
        inner
            .tree
            .sees(scope, entry.agent.domain)
            .then(|| (entry.place, self.seen(entry)))
    }

    /// An agent with all that is known of it; nothing where there is none, or none that the asker may see.
    #[must_use]
    pub fn details(&self, scope: &Scope, agent: AgentId) -> Option<AgentDetails> {
        let inner = self.inner.read();
        let entry = inner.rows.get(*inner.by_id.get(&agent)? as usize)?;
        let is_seen = inner.tree.sees(scope, entry.agent.domain);
        is_seen.then(|| AgentDetails {
            agent: self.seen(entry),
            own_address: entry.listens.own_address,
            addresses: entry.addresses.to_vec(),
        })
    }

    /// The agents after this id, in the order of their ids.
    #[must_use]
    pub fn page(&self, scope: &Scope, after: Option<AgentId>, limit: usize) -> Vec<Agent> {
        let inner = self.inner.read();
        let mut ids: Vec<AgentId> = inner
            .rows
            .iter()
            .filter(|entry| {
                inner.tree.sees(scope, entry.agent.domain) && after.is_none_or(|after| entry.agent.id > after)
            })
            .map(|entry| entry.agent.id)
            .collect();
        if ids.len() > limit {
            ids.select_nth_unstable(limit);
            ids.truncate(limit);
        }
        ids.sort_unstable();
        ids.iter()
            .filter_map(|id| inner.rows.get(*inner.by_id.get(id)? as usize))
            .map(|entry| self.seen(entry))
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
        for entry in &self.inner.read().rows {
            *counts.entry(entry.agent.status).or_default() += 1;
        }
        counts
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
            if let Some(&row) = inner.by_id.get(&agent) {
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

    /// The agent with its last contact as the engine knows it.
    fn seen(&self, entry: &Entry) -> Agent {
        seen(&self.engine, entry)
    }
}

fn seen(engine: &Engine, entry: &Entry) -> Agent {
    let mut agent = entry.agent.clone();
    if let Some((at_ms, kind)) = engine.last_contact(entry.place) {
        agent.last_contact = Some(LastContact { at_ms, kind });
    }
    agent.applied = engine.applied(entry.place);
    agent
}

fn agent_of(record: &AgentRecord) -> Agent {
    Agent {
        id: record.id,
        name: record.name.clone(),
        domain: record.domain,
        status: record.status,
        since_ms: record.since_ms,
        cause: record.cause,
        last_contact: record
            .last_contact
            .map(|(at_ms, kind)| LastContact { at_ms, kind }),
        address: record.address,
        platform: record.platform.clone(),
        agent_version: record.agent_version.clone(),
        applied: record.applied,
        retired_by: record.retired_by.clone(),
    }
}

#[cfg(test)]
mod tests;
