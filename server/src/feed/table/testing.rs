//! What a screen has that was told, kept as the protocol says.

pub(super) mod world;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use rollcall_shared::feed::table::{Happened, ToTable};
use rollcall_shared::feed::{Domain, Row};
use rollcall_shared::{AgentId, DomainId};
use tokio::sync::OwnedSemaphorePermit;

use super::counts::Counted;
use crate::feed::Hub;

impl Hub {
    /// Keeps all builders busy: until it is dropped, no list is built.
    pub(crate) async fn busy(&self) -> OwnedSemaphorePermit {
        let builders = Arc::clone(&self.0.tables.builders.0);
        let all = u32::try_from(builders.available_permits()).unwrap();
        builders.acquire_many_owned(all).await.unwrap()
    }
}

/// A screen.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) tree: Vec<Domain>,
    pub(crate) counts: BTreeMap<DomainId, Counted>,
    pub(crate) happened: Vec<Happened>,
    pub(crate) number: u32,
    pub(crate) total: u32,
    pub(crate) first: u32,
    pub(crate) order: Vec<u32>,
    /// Those of the window.
    pub(crate) rows: HashMap<u32, Row>,
    /// How many rows were sent for it, in all.
    pub(crate) rows_sent: usize,
    pub(crate) windows: usize,
    pub(crate) opened: Vec<(AgentId, Option<Row>)>,
    /// How many agents each part had that was sent of a list.
    pub(crate) parts: Vec<usize>,
    pub(crate) listed: Vec<(AgentId, DomainId)>,
    pub(crate) listed_rows: Vec<Row>,
    pub(crate) is_listed: bool,
}

impl Shown {
    pub(crate) fn take_bytes(&mut self, bytes: &Bytes) {
        self.take(postcard::from_bytes(bytes).unwrap());
    }

    pub(crate) fn take(&mut self, message: ToTable) {
        match message {
            ToTable::Hello { .. } | ToTable::Pulse { .. } => {}
            ToTable::Tree { domains, .. } => self.tree = domains,
            ToTable::Counts { whole, counts, .. } => {
                if whole {
                    self.counts.clear();
                }
                self.counts.extend(counts);
                self.counts.retain(|_, counted| *counted != Counted::default());
            }
            ToTable::Happened {
                whole, mut happened, ..
            } => {
                if !whole {
                    happened.append(&mut self.happened);
                }
                self.happened = happened;
            }
            ToTable::Window {
                number,
                total,
                first,
                order,
                rows,
                ..
            } => {
                (self.number, self.total, self.first) = (number, total, first);
                self.order = order.unwrap_or(std::mem::take(&mut self.order));
                self.windows += 1;
                self.rows_sent += rows.len();
                self.rows.extend(rows.into_iter().map(|row| (row.row, row)));
                let order = &self.order;
                self.rows.retain(|row, _| order.contains(row));
                assert_eq!(self.rows.len(), self.order.len(), "each row is known, and once");
            }
            ToTable::Contacts { now_ms, contacts } => {
                for (row, ago_ms, kind) in contacts {
                    let opened = self.opened.last_mut().and_then(|(_, agent)| agent.as_mut());
                    let opened = opened.filter(|agent| agent.row == row);
                    let known = self.rows.get_mut(&row).into_iter().chain(opened);
                    let known: Vec<_> = known.collect();
                    assert!(!known.is_empty(), "{row} is not on the screen");
                    for known in known {
                        known.last_contact = Some((now_ms - i64::from(ago_ms), kind));
                    }
                }
            }
            ToTable::Opened { id, agent, .. } => self.opened.push((id, agent)),
            ToTable::Listed {
                last, agents, rows, ..
            } => {
                assert!(!self.is_listed, "nothing follows the last part");
                self.is_listed = last;
                self.parts.push(agents.len() + rows.len());
                self.listed.extend(agents);
                self.listed_rows.extend(rows);
            }
        }
    }

    /// The names in the window, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.order
            .iter()
            .map(|row| self.rows[row].name.as_str())
            .collect()
    }
}
