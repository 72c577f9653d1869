//! A look at the roster that does not change while it is held: what a snapshot and the deltas after it are
//! made from, so that nothing falls between the two.

use parking_lot::RwLockReadGuard;
use rollcall_shared::console_api::Agent;

use super::changes::{Changes, Cursor, StatusChange};
use super::{Entry, Inner, seen};
use crate::engine::Engine;
use crate::scope::Scope;

/// A look at the roster.
pub struct View<'a> {
    engine: &'a Engine,
    inner: RwLockReadGuard<'a, Inner>,
}

/// The row of an agent that the asker may see.
#[derive(Debug, Clone)]
pub struct Visible {
    /// Its number.
    pub row: u32,
    /// The agent.
    pub agent: Agent,
}

impl<'a> View<'a> {
    pub(super) const fn new(engine: &'a Engine, inner: RwLockReadGuard<'a, Inner>) -> Self {
        Self { engine, inner }
    }

    /// Where this look stands.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.inner.log.cursor()
    }

    /// What changed since a cursor, of what the asker may see; nothing where that is too long ago.
    #[must_use]
    pub fn since(&self, scope: &Scope, cursor: Cursor) -> Option<Changes> {
        let mut changes = self.inner.log.since(cursor)?;
        if *scope != Scope::All {
            changes.rows.retain(|row| self.entry(scope, *row).is_some());
            changes
                .statuses
                .retain(|change| self.entry(scope, change.row).is_some());
        }
        Some(changes)
    }

    /// A row, where the asker may see it.
    #[must_use]
    pub fn row(&self, scope: &Scope, row: u32) -> Option<Visible> {
        self.entry(scope, row).map(|entry| Visible {
            row,
            agent: seen(self.engine, entry),
        })
    }

    /// When and how the agent of a row was last heard since the server started.
    #[must_use]
    pub fn last_contact(&self, scope: &Scope, row: u32) -> Option<(i64, rollcall_shared::ContactKind)> {
        self.engine.last_contact(self.entry(scope, row)?.place)
    }

    /// All rows that the asker may see, in the order of their numbers.
    pub fn rows(&self, scope: &Scope) -> impl Iterator<Item = Visible> {
        (0_u32..)
            .zip(&self.inner.rows)
            .filter(|(_, entry)| scope.sees(entry.agent.domain))
            .map(|(row, entry)| Visible {
                row,
                agent: seen(self.engine, entry),
            })
    }

    /// The latest transitions that the asker may see, newest first.
    pub fn latest(&self, scope: &Scope) -> impl Iterator<Item = StatusChange> {
        self.inner
            .log
            .latest()
            .rev()
            .filter(|change| self.entry(scope, change.row).is_some())
            .copied()
    }

    fn entry(&self, scope: &Scope, row: u32) -> Option<&Entry> {
        self.inner
            .rows
            .get(row as usize)
            .filter(|entry| scope.sees(entry.agent.domain))
    }
}
