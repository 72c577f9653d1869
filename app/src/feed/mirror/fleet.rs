//! Everything that a console shows: the agents by place, their tree and counts, and what happened last.

use std::collections::VecDeque;

use rollcall_shared::feed::{Event, Row};
use rollcall_shared::{AgentId, Cause, DomainId, Status, TransitionId};
use rustc_hash::FxHashMap;

use crate::feed::tree::Tree;

/// How many transitions are kept: some hours of a calm fleet, a few kilobytes.
pub const MOST_EVENTS: usize = 1_000;

/// One change of status that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// Counts the transitions of one snapshot and what followed it: no two are alike.
    pub serial: u32,
    /// Its id in the store; nothing where it came over the feed.
    pub id: Option<TransitionId>,
    /// Whose.
    pub agent: AgentId,
    /// The agent's place.
    pub place: u32,
    /// When, by the server's wall clock.
    pub at_ms: i64,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// Everything that is shown.
#[derive(Debug, Default)]
pub struct Fleet {
    pub(super) agents: Vec<Row>,
    pub(super) place_of_row: FxHashMap<u32, u32>,
    pub(super) place_of_agent: FxHashMap<AgentId, u32>,
    pub(super) tree: Tree,
    pub(super) counts: [usize; Status::ALL.len()],
    pub(super) events: VecDeque<Happening>,
    pub(super) serial: u32,
}

impl Fleet {
    /// All agents, by place.
    #[must_use]
    pub fn agents(&self) -> &[Row] {
        &self.agents
    }

    /// The agent at a place.
    #[must_use]
    pub fn at(&self, place: u32) -> Option<&Row> {
        self.agents.get(place as usize)
    }

    /// The agent of that id.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Row> {
        self.at(self.place(id)?)
    }

    /// Where the agent of that id stands.
    #[must_use]
    pub fn place(&self, id: AgentId) -> Option<u32> {
        self.place_of_agent.get(&id).copied()
    }

    /// The agent tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// How many agents have that status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.counts[status as usize]
    }

    /// How many agents there are that were not retired.
    #[must_use]
    pub fn on_the_roll(&self) -> usize {
        self.agents.len() - self.count(Status::Retired)
    }

    /// The latest transitions, newest first.
    #[must_use]
    pub fn events(&self) -> &VecDeque<Happening> {
        &self.events
    }

    /// Puts a row in, or in the place of what was known of that agent. Answers its place and whether it is new.
    pub(super) fn put(&mut self, row: Row) -> (u32, bool) {
        let known = self.place_of_row.get(&row.row).copied();
        self.counts[row.status as usize] += 1;
        self.tree.count(row.domain, row.status, true);
        if let Some(place) = known {
            let old = core::mem::replace(&mut self.agents[place as usize], row);
            self.counts[old.status as usize] -= 1;
            self.tree.count(old.domain, old.status, false);
            let new = &self.agents[place as usize];
            if old.id != new.id {
                self.place_of_agent.remove(&old.id);
                self.place_of_agent.insert(new.id, place);
            }
            (place, false)
        } else {
            let place = u32::try_from(self.agents.len()).unwrap_or(u32::MAX);
            self.place_of_row.insert(row.row, place);
            self.place_of_agent.insert(row.id, place);
            self.agents.push(row);
            (place, true)
        }
    }

    /// Puts the agent at `place` into another domain.
    pub(super) fn relocate(&mut self, place: u32, domain: DomainId) {
        let row = &mut self.agents[place as usize];
        self.tree.count(row.domain, row.status, false);
        self.tree.count(domain, row.status, true);
        row.domain = domain;
    }

    /// Notes what became of the agent at `place`.
    pub(super) fn happened(
        &mut self,
        place: u32,
        at_ms: i64,
        to: Status,
        cause: Cause,
        id: Option<TransitionId>,
    ) {
        self.serial = self.serial.wrapping_add(1);
        self.events.push_front(Happening {
            serial: self.serial,
            id,
            agent: self.agents[place as usize].id,
            place,
            at_ms,
            to,
            cause,
        });
        self.events.truncate(MOST_EVENTS);
    }

    /// Takes the events of a snapshot, which come newest first. Those of rows that are not shown are nobody's.
    pub(super) fn remember(&mut self, events: &[Event]) {
        for event in events.iter().rev() {
            if let Some(place) = self.place_of_row.get(&event.row).copied() {
                self.happened(place, event.at_ms, event.to, event.cause, Some(event.id));
            }
        }
    }
}
