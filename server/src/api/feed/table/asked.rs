//! What a screen asked for and was not given yet: never more than the newest window and a few lists.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rollcall_shared::feed::table::Query;

use crate::feed::{Stretch, Table};

/// Between two lists that the server has to make for one screen there is at least this, in which a newer window replaces
/// the one that waits: who types a search sees no lag, and no one screen has the server build all the time.
pub(super) const REST: Duration = Duration::from_millis(50);

/// Lists that wait. Where there are so many, what else the screen says waits unread: a console asks for one at a time.
const MOST_LISTS: usize = 4;

/// See the module.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) window: Option<Window>,
    pub(super) lists: VecDeque<List>,
    /// The list that is being sent.
    pub(super) stretch: Option<Stretch>,
}

/// A window of another list than the one that is shown.
pub(super) struct Window {
    pub(super) number: u32,
    pub(super) query: Query,
    pub(super) first: u32,
    pub(super) count: u32,
}

/// A stretch of a list that is to be sent once.
pub(super) struct List {
    pub(super) number: u32,
    pub(super) query: Query,
    /// Where it begins, and how many agents it has at the most.
    pub(super) stretch: (u32, u32),
    pub(super) rows: bool,
}

impl Asked {
    /// Whether more may be asked for.
    pub(super) fn has_room(&self) -> bool {
        self.lists.len() < MOST_LISTS
    }

    /// Whether anything waits to be begun: one list is sent after the other.
    pub(super) fn waits(&self) -> bool {
        self.window.is_some() || (self.stretch.is_none() && !self.lists.is_empty())
    }

    /// The next part of the list that is being sent; nothing where it has none any more.
    pub(super) fn part(&mut self, table: &Table) -> Option<Bytes> {
        let part = self.stretch.as_mut().and_then(|stretch| table.part(stretch));
        if part.is_none() {
            self.stretch = None;
        }
        part
    }
}
