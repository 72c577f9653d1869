//! One screen: what it asked for, what it was told, and so what it is to be told next.

use std::collections::{HashMap, HashSet};

use rollcall_shared::AgentId;
use rollcall_shared::feed::Row;
use rollcall_shared::feed::table::{MOST_ROWS, ToTable};

use super::stamps::Stamps;
use crate::feed::encode;
use crate::roster::{Cursor, View};
use crate::scope::Scope;

/// A screen.
pub(super) struct Screen {
    scope: Scope,
    asked: Option<Asked>,
    /// The rows of the window as they were last sent, in order; nothing before the first.
    order: Option<Vec<u32>>,
    /// The same to look them up. The screen has these, as they were at `at`.
    rows: HashSet<u32>,
    at: Cursor,
    /// How many there are in all, and where the window begins, as was last sent.
    place: (u32, u32),
    opened: Option<Opened>,
    /// When those on the screen were last heard, as it was told.
    heard: HashMap<u32, i64>,
}

/// The window that was asked for.
struct Asked {
    number: u32,
    first: u32,
    count: u32,
    is_answered: bool,
}

/// The agent beside the table.
struct Opened {
    id: AgentId,
    /// Its row; nothing where the screen may not see it.
    row: Option<u32>,
    at: Cursor,
    is_answered: bool,
}

impl Screen {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            asked: None,
            order: None,
            rows: HashSet::new(),
            at: Cursor::default(),
            place: (0, 0),
            opened: None,
            heard: HashMap::new(),
        }
    }

    /// Takes another window.
    pub(super) fn ask(&mut self, number: u32, first: u32, count: u32) {
        self.asked = Some(Asked {
            number,
            first,
            count: count.min(MOST_ROWS),
            is_answered: false,
        });
    }

    /// Takes another agent, or none.
    pub(super) fn open(&mut self, agent: Option<AgentId>) {
        self.opened = agent.map(|id| Opened {
            id,
            row: None,
            at: Cursor::default(),
            is_answered: false,
        });
    }

    /// The window of these rows, where it is not as the screen was told. Stamps and view are of one moment.
    pub(super) fn window(
        &mut self,
        found: &[u32],
        stamps: &Stamps,
        view: &View<'_>,
        now_ms: i64,
    ) -> Option<ToTable> {
        let asked = self.asked.as_mut()?;
        let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let first = asked.first.min(total.saturating_sub(asked.count));
        let in_window = found.iter().skip(first as usize).take(asked.count as usize);
        // A list may be older than the view by a moment: who went out of sight since is left out.
        let order: Vec<u32> = in_window
            .copied()
            .filter(|row| view.listed(&self.scope, *row).is_some())
            .collect();
        let untold = |row: &&u32| !self.rows.contains(row) || stamps.is_touched_since(**row, self.at);
        let rows: Vec<Row> = order
            .iter()
            .filter(untold)
            .filter_map(|row| view.row(&self.scope, *row))
            .map(encode::row)
            .collect();
        self.at = view.cursor();
        let is_same = self.order.as_ref() == Some(&order);
        if is_same && rows.is_empty() && self.place == (total, first) && asked.is_answered {
            return None;
        }
        asked.is_answered = true;
        let number = asked.number;
        self.place = (total, first);
        if !is_same {
            self.rows = order.iter().copied().collect();
            self.order = Some(order.clone());
            let opened = self.opened_row();
            self.heard
                .retain(|row, _| self.rows.contains(row) || Some(*row) == opened);
        }
        for row in &rows {
            self.heard_in(row);
        }
        Some(ToTable::Window {
            now_ms,
            number,
            total,
            first,
            order: (!is_same).then_some(order),
            rows,
        })
    }

    /// The opened agent, where it is not as the screen was told.
    pub(super) fn opened(&mut self, stamps: &Stamps, view: &View<'_>, now_ms: i64) -> Option<ToTable> {
        let opened = self.opened.as_mut()?;
        let row = view.number_of(&self.scope, opened.id);
        let is_same = opened.is_answered
            && row == opened.row
            && row.is_none_or(|row| !stamps.is_touched_since(row, opened.at));
        opened.at = view.cursor();
        if is_same {
            return None;
        }
        opened.is_answered = true;
        opened.row = row;
        let id = opened.id;
        let agent = row.and_then(|row| view.row(&self.scope, row)).map(encode::row);
        if let Some(agent) = &agent {
            self.heard_in(agent);
        }
        Some(ToTable::Opened { now_ms, id, agent })
    }

    /// When agents on the screen were last heard, where that is not as it was told.
    pub(super) fn contacts(&mut self, view: &View<'_>, now_ms: i64) -> Option<ToTable> {
        let opened = self.opened_row().filter(|row| !self.rows.contains(row));
        let shown = self.order.iter().flatten().copied().chain(opened);
        let mut contacts = Vec::new();
        for row in shown {
            let Some((at_ms, kind)) = view.last_contact(&self.scope, row) else {
                continue;
            };
            if self.heard.insert(row, at_ms) != Some(at_ms) {
                contacts.push((row, encode::ago_ms(now_ms, at_ms), kind));
            }
        }
        (!contacts.is_empty()).then_some(ToTable::Contacts { now_ms, contacts })
    }

    fn opened_row(&self) -> Option<u32> {
        self.opened.as_ref()?.row
    }

    /// Notes that the screen is told with a row when it was last heard.
    fn heard_in(&mut self, row: &Row) {
        if let Some((at_ms, _)) = row.last_contact {
            self.heard.insert(row.row, at_ms);
        }
    }
}

#[cfg(test)]
mod tests;
