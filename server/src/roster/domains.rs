//! The agent tree in the roster: which domain is in which, and how many agents are in each.

use std::collections::HashMap;

use rollcall_shared::console_api::{Domain, StatusCounts};
use rollcall_shared::{AgentId, DomainId, Status};
use tokio::sync::MutexGuard;

use super::changes::{Item, TreeChange};
use super::{Inner, Roster};
use crate::scope::{Scope, Tree};
use crate::store::domains::DomainRecord;

impl Roster {
    /// Held from before a change of the tree, or a move of agents, is written until the roster has it: so both take
    /// changes in the same order.
    pub async fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// Takes the tree as the store knows it.
    pub fn plant(&self, domains: Vec<DomainRecord>) {
        let tree = domains.into_iter().map(DomainRecord::into_folder).collect();
        let mut inner = self.inner.write();
        if inner.tree != tree {
            inner.tree = tree;
            inner.log.push(Item::Tree(TreeChange::Moved));
        }
    }

    /// A look at the tree.
    pub fn tree<T>(&self, look: impl FnOnce(&Tree) -> T) -> T {
        look(&self.inner.read().tree)
    }

    /// Takes up a domain that was made, renamed or moved.
    pub fn put_domain(&self, domain: DomainRecord) {
        let (id, folder) = domain.into_folder();
        let mut inner = self.inner.write();
        let before = inner.tree.get(id).map(|before| before.parent);
        let change = match before {
            Some(parent) if parent != folder.parent => TreeChange::Moved,
            _ => TreeChange::Told,
        };
        inner.tree.put(id, folder);
        inner.log.push(Item::Tree(change));
    }

    /// Takes out a domain that was deleted; the retired agents that were in it are in its parent now.
    pub fn remove_domain(&self, domain: DomainId, parent: DomainId) {
        let mut inner = self.inner.write();
        let left: Vec<u32> = (0_u32..)
            .zip(&inner.rows)
            .filter(|(_, row)| row.domain == domain)
            .map(|(number, _)| number)
            .collect();
        for row in left {
            inner.relocate(row, parent);
        }
        inner.tree.remove(domain);
        inner.log.push(Item::Tree(TreeChange::Told));
    }

    /// Notes that these agents are in another domain. Their presence is not touched.
    pub fn relocate(&self, agents: &[AgentId], to: DomainId) {
        let mut inner = self.inner.write();
        for agent in agents {
            if let Some(row) = inner.number_of(*agent) {
                inner.relocate(row, to);
            }
        }
    }

    /// Notes who retired these agents.
    pub fn retired_by(&self, agents: &[AgentId], person: &str) {
        let mut inner = self.inner.write();
        for agent in agents {
            if let Some((row, known)) = inner.row_mut(*agent) {
                known.retired_by(person);
                inner.log.push(Item::Row(row));
            }
        }
    }

    /// The domain of an agent; nothing where there is none, or none that the asker may see.
    #[must_use]
    pub fn whereabouts(&self, scope: &Scope, agent: AgentId) -> Option<DomainId> {
        let inner = self.inner.read();
        let domain = inner.row(agent)?.domain;
        inner.tree.sees(scope, domain).then_some(domain)
    }

    /// The domains that the asker may see, in the order of their numbers, with how many agents are in each.
    #[must_use]
    pub fn domains(&self, scope: &Scope) -> Vec<Domain> {
        let inner = self.inner.read();
        let mut own: HashMap<DomainId, StatusCounts> = HashMap::new();
        for row in &inner.rows {
            own.entry(row.domain).or_default().add(row.status, 1);
        }
        let whole = inner.tree.with_below(&own, |sum, more| {
            for status in Status::ALL {
                sum.add(status, more.of(status));
            }
        });
        let counts = |of: &HashMap<DomainId, StatusCounts>, id| of.get(&id).copied().unwrap_or_default();
        inner
            .tree
            .seen(scope)
            .map(|(id, parent, name)| Domain {
                id,
                parent,
                name: name.to_owned(),
                agents: counts(&own, id),
                with_below: counts(&whole, id),
            })
            .collect()
    }
}

impl Inner {
    fn relocate(&mut self, row: u32, to: DomainId) {
        let Some(entry) = self.rows.get_mut(row as usize) else {
            return;
        };
        let from = std::mem::replace(&mut entry.domain, to);
        if from != to {
            self.log.push(Item::Moved { row, from });
        }
    }
}
