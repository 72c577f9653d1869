//! A look at the roster that does not change while it is held: what a snapshot and the deltas after it are
//! made from, so that nothing falls between the two.

use parking_lot::RwLockReadGuard;
use rollcall_presence::Addresses;
use rollcall_shared::console_api::Agent;
use rollcall_shared::{AgentId, DomainId, Status};

use super::Inner;
use super::changes::{Changes, Cursor, StatusChange, TreeChange};
use super::listed::Listed;
use super::row::Row;
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

/// An agent as a cell of a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Its row.
    pub row: u32,
    /// Its folder of the agent tree.
    pub domain: DomainId,
    /// Its status.
    pub status: Status,
    /// Its own address, and the one that is seen.
    pub addresses: Addresses,
}

/// What changed, of what somebody may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Rows that are new to them, or whose name, address or version changed; each once.
    pub rows: Vec<u32>,
    /// Rows that were put into another domain, and which.
    pub moved: Vec<(u32, DomainId)>,
    /// Rows that they may no longer see.
    pub gone: Vec<u32>,
    /// Changes of status, oldest first.
    pub statuses: Vec<StatusChange>,
    /// Whether the tree changed.
    pub tree: bool,
}

impl Told {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
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

    /// What changed since a cursor, of what the asker may see; nothing where that is too long ago, or
    /// where so much came into sight that a new look is the shorter answer.
    #[must_use]
    pub fn since(&self, scope: &Scope, cursor: Cursor) -> Option<Told> {
        let Changes {
            mut rows,
            moved,
            mut statuses,
            tree,
        } = self.inner.log.since(cursor)?;
        if *scope != Scope::All {
            if tree == TreeChange::Moved {
                // Whole branches may have come into sight or gone out of it.
                return None;
            }
            rows.retain(|row| self.entry(scope, *row).is_some());
            statuses.retain(|change| self.entry(scope, change.row).is_some());
        }
        let mut told = Told::default();
        for (row, from) in moved {
            match (self.sees(scope, from), self.entry(scope, row)) {
                (true, Some(seen)) => told.moved.push((row, seen.domain)),
                (true, None) => told.gone.push(row),
                (false, Some(_)) => rows.push(row),
                (false, None) => {}
            }
        }
        for of in [&mut rows, &mut told.gone] {
            of.sort_unstable();
            of.dedup();
        }
        told.moved.sort_unstable();
        told.moved.dedup();
        Some(Told {
            rows,
            statuses,
            tree: tree != TreeChange::None,
            ..told
        })
    }

    /// The tree, as far as the asker may see it.
    pub fn domains(&self, scope: &Scope) -> impl Iterator<Item = (DomainId, Option<DomainId>, &str)> {
        self.inner.tree.seen(scope)
    }

    /// A row, where the asker may see it.
    #[must_use]
    pub fn row(&self, scope: &Scope, row: u32) -> Option<Visible> {
        self.entry(scope, row).map(|seen| Visible {
            row,
            agent: seen.agent(self.engine),
        })
    }

    /// When and how the agent of a row was last heard since the server started.
    #[must_use]
    pub fn last_contact(&self, scope: &Scope, row: u32) -> Option<(i64, rollcall_shared::ContactKind)> {
        self.engine.last_contact(self.entry(scope, row)?.place())
    }

    /// A row as it is, where the asker may see it.
    #[must_use]
    pub fn listed(&self, scope: &Scope, row: u32) -> Option<Listed<'_>> {
        self.entry(scope, row)
            .map(|seen| Listed::new(row, seen, self.engine))
    }

    /// The row of an agent, where the asker may see it.
    #[must_use]
    pub fn number_of(&self, scope: &Scope, agent: AgentId) -> Option<u32> {
        let row = self.inner.number_of(agent)?;
        self.entry(scope, row).map(|_| row)
    }

    /// How many rows there are, seen or not: their numbers end there.
    #[must_use]
    pub fn end(&self) -> u32 {
        u32::try_from(self.inner.rows.len()).unwrap_or(u32::MAX)
    }

    /// All rows that the asker may see, in the order of their numbers.
    pub fn rows(&self, scope: &Scope) -> impl Iterator<Item = Visible> {
        (0_u32..)
            .zip(&self.inner.rows)
            .filter(|(_, seen)| self.sees(scope, seen.domain))
            .map(|(row, seen)| Visible {
                row,
                agent: seen.agent(self.engine),
            })
    }

    /// The same with no more than a wall shows.
    pub fn cells(&self, scope: &Scope) -> impl Iterator<Item = Cell> {
        (0_u32..)
            .zip(&self.inner.rows)
            .filter(|(_, seen)| self.sees(scope, seen.domain))
            .map(|(row, seen)| cell(row, seen))
    }

    /// The status of each agent that the asker may see.
    pub fn statuses(&self, scope: &Scope) -> impl Iterator<Item = Status> {
        let seen = self.inner.rows.iter();
        seen.filter(|seen| self.sees(scope, seen.domain))
            .map(|seen| seen.status)
    }

    /// A row with no more than that, where the asker may see it.
    #[must_use]
    pub fn cell(&self, scope: &Scope, row: u32) -> Option<Cell> {
        self.entry(scope, row).map(|seen| cell(row, seen))
    }

    /// Whose row it is, and its name.
    #[must_use]
    pub fn name(&self, row: u32) -> Option<(AgentId, &str)> {
        let row = self.inner.rows.get(row as usize)?;
        Some((row.id, row.name()))
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

    /// Measures how late these are told, as they are sent to consoles.
    pub fn note_told(&self, changes: &[StatusChange]) {
        self.engine
            .note_told(changes.iter().map(|change| change.published));
    }

    fn entry(&self, scope: &Scope, row: u32) -> Option<&Row> {
        self.inner
            .rows
            .get(row as usize)
            .filter(|row| self.sees(scope, row.domain))
    }

    fn sees(&self, scope: &Scope, domain: DomainId) -> bool {
        self.inner.tree.sees(scope, domain)
    }
}

fn cell(row: u32, seen: &Row) -> Cell {
    Cell {
        row,
        domain: seen.domain,
        status: seen.status,
        addresses: seen.addresses(),
    }
}
