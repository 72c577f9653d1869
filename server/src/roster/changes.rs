//! What changed last, to be followed by a cursor: followers ask, nobody is called.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_shared::{Cause, DomainId, Status, TransitionId};

/// How many changes are kept for followers. One that falls further behind starts over with a whole view: past
/// this many it is the smaller message, too.
const KEPT: usize = 65_536;

/// How many of the latest transitions are shown to a console that opens.
const LATEST: usize = 200;

/// A change of status of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// The transition's id.
    pub id: TransitionId,
    /// Whose.
    pub row: u32,
    /// When, by the wall clock.
    pub at_ms: i64,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When it was published, by the monotonic clock; zero for one that was read back.
    pub published: Duration,
}

/// Something that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A row is new, or what it says besides its status is.
    Row(u32),
    /// A row's status.
    Status(StatusChange),
    /// A row was put into another domain.
    Moved {
        /// Which.
        row: u32,
        /// Where it was.
        from: DomainId,
    },
    /// The agent tree.
    Tree(TreeChange),
}

/// What of the agent tree changed; a later one takes in those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum TreeChange {
    /// Nothing.
    #[default]
    None,
    /// A name, a new domain, or an empty one that is gone: no agent is seen by others than before.
    Told,
    /// A domain is in another one, with all that is in it.
    Moved,
}

/// How far somebody has followed. A later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cursor(pub(super) u64);

/// What changed since a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Changes {
    /// Rows that are new, or whose name, address or version changed; each once.
    pub rows: Vec<u32>,
    /// Rows that were put into another domain, and where they were, oldest first.
    pub moved: Vec<(u32, DomainId)>,
    /// Changes of status, oldest first.
    pub statuses: Vec<StatusChange>,
    /// What of the tree changed.
    pub tree: TreeChange,
}

/// The latest changes.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// How many changes there ever were.
    version: u64,
    items: VecDeque<Item>,
    latest: VecDeque<StatusChange>,
}

impl Log {
    pub(super) fn push(&mut self, item: Item) {
        if let Item::Status(change) = item {
            self.remember(change);
        }
        if self.items.len() == KEPT {
            self.items.pop_front();
        }
        self.items.push_back(item);
        self.version += 1;
    }

    /// Puts a transition among the latest, without telling followers.
    pub(super) fn remember(&mut self, change: StatusChange) {
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(change);
    }

    /// Takes a transition out of the latest: a later one took it in.
    pub(super) fn forget(&mut self, id: TransitionId) {
        self.latest.retain(|change| change.id != id);
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(self.version)
    }

    /// What changed since then; nothing where that is further back than the log goes.
    pub(super) fn since(&self, cursor: Cursor) -> Option<Changes> {
        let behind = usize::try_from(self.version.checked_sub(cursor.0)?).ok()?;
        let first = self.items.len().checked_sub(behind)?;
        let mut changes = Changes::default();
        for item in self.items.range(first..) {
            match item {
                Item::Row(row) => changes.rows.push(*row),
                Item::Status(change) => changes.statuses.push(*change),
                Item::Moved { row, from } => changes.moved.push((*row, *from)),
                Item::Tree(change) => changes.tree = changes.tree.max(*change),
            }
        }
        changes.rows.sort_unstable();
        changes.rows.dedup();
        Some(changes)
    }

    /// The latest transitions, oldest first.
    pub(super) fn latest(&self) -> impl DoubleEndedIterator<Item = &StatusChange> {
        self.latest.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_is_given_each_row_once_and_every_change_of_status() {
        let mut log = Log::default();
        let before = log.cursor();
        let change = StatusChange {
            id: TransitionId::from_bits(1),
            row: 3,
            at_ms: 5,
            to: Status::Offline,
            cause: Cause::Retired,
            published: Duration::ZERO,
        };
        for item in [
            Item::Row(2),
            Item::Status(change),
            Item::Row(2),
            Item::Status(change),
        ] {
            log.push(item);
        }
        assert_eq!(
            log.since(before),
            Some(Changes {
                rows: vec![2],
                statuses: vec![change, change],
                ..Changes::default()
            })
        );
        assert_eq!(log.since(log.cursor()), Some(Changes::default()));
    }

    #[test]
    fn a_follower_that_fell_too_far_behind_is_told_to_start_over() {
        let mut log = Log::default();
        let before = log.cursor();
        for _ in 0..=KEPT {
            log.push(Item::Row(0));
        }
        assert_eq!(log.since(before), None);
    }
}
