//! What a screen knows of the fleet: the rows of its window and of the agent that is opened, the tree with its counts, and
//! what happened last.

use std::collections::VecDeque;

use rollcall_shared::feed::Row;
use rollcall_shared::feed::table::Happened;
use rollcall_shared::{AgentId, ContactKind, DomainId, Status};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::feed::tree::{Counts, Tree};

/// How many transitions are kept: some hours of a calm fleet, some hundred kilobytes.
pub const MOST_EVENTS: usize = 1_000;

/// The window: the stretch of the list of agents that the server keeps this screen told of.
#[derive(Debug, Default)]
pub struct Seen {
    total: usize,
    first: usize,
    /// The agents in it, in order.
    order: Vec<u32>,
    /// Where in the whole list each of them stands.
    positions: FxHashMap<AgentId, usize>,
}

/// Everything that is shown.
#[derive(Debug, Default)]
pub struct Fleet {
    pub(super) rows: FxHashMap<u32, Row>,
    seen: Seen,
    /// The agent that is opened, and what is known of it.
    wanted: Option<AgentId>,
    opened: Option<Row>,
    pub(super) tree: Tree,
    counts: Counts,
    events: VecDeque<Happened>,
}

impl Fleet {
    /// How many agents the table's list has.
    #[must_use]
    pub fn total(&self) -> usize {
        self.seen.total
    }

    /// The agent that stands there in the list, where the window reaches so far.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<&Row> {
        let at = position.checked_sub(self.seen.first)?;
        self.rows.get(self.seen.order.get(at)?)
    }

    /// Where in the list an agent stands, where that is in the window.
    #[must_use]
    pub fn position(&self, id: AgentId) -> Option<usize> {
        self.seen.positions.get(&id).copied()
    }

    /// What is known of the agent of that id: of those in the window, and of the opened one.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Row> {
        let in_window = self.position(id).and_then(|position| self.at(position));
        in_window.or_else(|| self.opened.as_ref().filter(|opened| opened.id == id))
    }

    /// Whether the window is the whole list.
    #[must_use]
    pub fn is_whole_list(&self) -> bool {
        self.seen.order.len() == self.seen.total
    }

    /// The agents of the window and their domains, in order.
    #[must_use]
    pub fn window(&self) -> Vec<(AgentId, DomainId)> {
        let rows = self.seen.order.iter().filter_map(|row| self.rows.get(row));
        rows.map(|row| (row.id, row.domain)).collect()
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

    /// How many agents there are, retired ones and all.
    #[must_use]
    pub fn count_all(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many agents there are that were not retired.
    #[must_use]
    pub fn on_the_roll(&self) -> usize {
        self.count_all() - self.count(Status::Retired)
    }

    /// The latest transitions, newest first.
    #[must_use]
    pub fn events(&self) -> &VecDeque<Happened> {
        &self.events
    }

    /// Takes in the window as it is now. Rows that are in it no more are let go.
    pub(super) fn look(&mut self, total: u32, first: u32, order: Option<Vec<u32>>, rows: Vec<Row>) {
        self.rows.extend(rows.into_iter().map(|row| (row.row, row)));
        self.seen.total = total as usize;
        self.seen.first = first as usize;
        if let Some(order) = order {
            self.seen.order = order;
            let in_it: FxHashSet<u32> = self.seen.order.iter().copied().collect();
            self.rows.retain(|row, _| in_it.contains(row));
        }
        let standing = self.seen.order.iter().zip(self.seen.first..);
        let named = standing.filter_map(|(row, position)| Some((self.rows.get(row)?.id, position)));
        self.seen.positions = named.collect();
    }

    /// Takes in what is known of the agent that is opened. An answer may come when another one is by now.
    pub(super) fn open(&mut self, id: AgentId, agent: Option<Row>) {
        if self.wanted == Some(id) {
            self.opened = agent;
        }
    }

    /// Which agent is opened from now on.
    pub(super) fn wants(&mut self, agent: Option<AgentId>) {
        self.wanted = agent;
        self.opened.take_if(|opened| Some(opened.id) != agent);
    }

    /// Takes in when agents were heard.
    pub(super) fn heard(&mut self, now_ms: i64, contacts: &[(u32, u32, ContactKind)]) {
        for &(number, ago_ms, kind) in contacts {
            let heard = Some((now_ms - i64::from(ago_ms), kind));
            if let Some(row) = self.rows.get_mut(&number) {
                row.last_contact = heard;
            }
            if let Some(row) = self.opened.as_mut().filter(|row| row.row == number) {
                row.last_contact = heard;
            }
        }
    }

    /// Takes in how many agents domains have; where that is the whole count, all others have none.
    pub(super) fn count_anew(&mut self, whole: bool, counts: &[(DomainId, [u32; Status::ALL.len()])]) {
        if whole {
            self.tree.forget_counts();
            self.counts = Counts::default();
        }
        for (domain, now) in counts {
            let now = now.map(|count| count as usize);
            let before = self.tree.count(*domain, now);
            for ((sum, now), before) in self.counts.iter_mut().zip(now).zip(before) {
                *sum = (*sum + now).saturating_sub(before);
            }
        }
    }

    /// Takes in what happened, newest first; in the place of all that was known, or before it.
    pub(super) fn remember(&mut self, whole: bool, happened: Vec<Happened>) {
        if whole {
            self.events.clear();
        }
        for happened in happened.into_iter().rev() {
            self.events.push_front(happened);
        }
        self.events.truncate(MOST_EVENTS);
    }
}
