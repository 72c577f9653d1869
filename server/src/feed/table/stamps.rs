//! When each row was last touched, for screens to know whether they were told of it as it is.

use crate::roster::{Cursor, View};
use crate::scope::Scope;

/// Of each row, where the roster stood when somebody first knew of its last change.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    cursor: Cursor,
    of_row: Vec<Cursor>,
}

impl Stamps {
    /// Whether they are as the view is.
    pub(super) fn is_current(&self, view: &View<'_>) -> bool {
        self.cursor == view.cursor()
    }

    /// Makes them so.
    pub(super) fn follow(&mut self, view: &View<'_>) {
        let now = view.cursor();
        if let Some(told) = view.since(&Scope::All, self.cursor) {
            self.of_row.resize(view.end() as usize, now);
            let moved = told.moved.iter().map(|(row, _)| *row);
            let changed = told.statuses.iter().map(|change| change.row);
            for row in moved.chain(changed).chain(told.rows) {
                if let Some(stamp) = self.of_row.get_mut(row as usize) {
                    *stamp = now;
                }
            }
        } else {
            // More changed than the roster remembers: all of them may have.
            self.of_row.clear();
            self.of_row.resize(view.end() as usize, now);
        }
        self.cursor = now;
    }

    /// Whether a row was touched after the roster stood there.
    pub(super) fn is_touched_since(&self, row: u32, cursor: Cursor) -> bool {
        self.of_row.get(row as usize).is_none_or(|stamp| *stamp > cursor)
    }
}
