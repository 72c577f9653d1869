//! The rows that a query asks for, in its order, kept so while the fleet changes.
//!
//! A beat touches a few rows of a hundred thousand. Where each of those still belongs between its neighbours, nothing
//! moves: so it is under a sort by name, whatever happens to agents. Else they are taken out, judged again, sorted among
//! themselves and put back where they belong by halving: the rest is copied, not compared.
//!
//! Nobody keeps it for its own sake: whoever looks at it has it [follow](Order::follow) first.

mod build;

use std::cmp::Ordering;

use rollcall_shared::feed::table::Query;

use super::sought::Sought;
use crate::roster::{Cursor, Roster, Told, View};
use crate::scope::Scope;

/// A row that is not in the list.
const HIDDEN: u32 = u32::MAX;

/// More rows than these are not put back one by one, for which the engine would wait some tens of milliseconds: the list
/// is built anew beside it.
const MOST_PUT_BACK: usize = 8_192;

/// When agents were last heard changes all the time: a list that is sorted by it is sorted anew once in so long, and
/// in [`SORTED_ANEW_MS_A_THOUSAND`] longer for each thousand rows, so that it is no second's work each second.
const SORTED_ANEW_MS: u64 = 2_000;
const SORTED_ANEW_MS_A_THOUSAND: u64 = 10;

/// Rows in order.
#[derive(Debug)]
pub(super) struct Order {
    sought: Sought,
    rows: Vec<u32>,
    /// Where in the order each row stands, or [`HIDDEN`].
    positions: Vec<u32>,
    /// Up to where it followed; nothing before it was built.
    cursor: Option<Cursor>,
    built_ms: i64,
}

impl Order {
    /// Of a query as [`super::sought::plain`] gives it. Holds nothing until it follows.
    pub(super) fn new(scope: Scope, query: Query) -> Self {
        Self {
            sought: Sought::new(scope, query),
            rows: Vec::new(),
            positions: Vec::new(),
            cursor: None,
            built_ms: 0,
        }
    }

    /// The rows, in order.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Whether it is as the view is.
    pub(super) fn is_current(&self, view: &View<'_>, now_ms: i64) -> bool {
        self.cursor == Some(view.cursor()) && !self.is_due(now_ms)
    }

    /// Whether it is to be sorted anew though nobody may have told of anything.
    fn is_due(&self, now_ms: i64) -> bool {
        let thousands = self.rows.len() as u64 / 1_000;
        let lasts_ms = SORTED_ANEW_MS + SORTED_ANEW_MS_A_THOUSAND * thousands;
        self.sought.is_sorted_by_contact() && now_ms.abs_diff(self.built_ms) >= lasts_ms
    }

    /// Whether rows go elsewhere in it without being told of.
    pub(super) fn is_sorted_by_contact(&self) -> bool {
        self.sought.is_sorted_by_contact()
    }

    /// Makes it as the roster is. May take a second where it is to be built of a million agents: not for a thread on
    /// which others wait. In a storm, more may change while it is built than can be put back: then it is a little older
    /// than the roster, until it follows again.
    pub(super) fn follow(&mut self, roster: &Roster, now_ms: i64) {
        if !self.keep_up(roster, now_ms) {
            self.build(roster, now_ms);
            self.keep_up(roster, now_ms);
        }
    }

    /// The same as far as it need not be built for that. Gives whether it is as the roster is.
    pub(super) fn keep_up(&mut self, roster: &Roster, now_ms: i64) -> bool {
        let view = roster.view();
        self.is_current(&view, now_ms) || (!self.is_due(now_ms) && self.take(&view))
    }

    /// Takes what changed; not where it is easier to build it anew.
    fn take(&mut self, view: &View<'_>) -> bool {
        let told = self
            .cursor
            .and_then(|cursor| view.since(&self.sought.scope, cursor));
        let Some(told) = told else { return false };
        if told.tree && self.sought.depends_on_the_tree() {
            return false;
        }
        self.positions.resize(view.end() as usize, HIDDEN);
        let mut buffer = String::new();
        let touched = self.touched(view, &told, &mut buffer);
        if touched.len() > MOST_PUT_BACK {
            return false;
        }
        if !touched.iter().all(|row| self.stands(view, *row, &mut buffer)) {
            self.put_back(view, touched, &mut buffer);
        }
        self.cursor = Some(view.cursor());
        true
    }

    /// The rows that may not be where they belong, each once.
    fn touched(&self, view: &View<'_>, told: &Told, buffer: &mut String) -> Vec<u32> {
        let moved = told.moved.iter().map(|(row, _)| *row);
        let mut touched: Vec<u32> = moved
            .chain(told.rows.iter().copied())
            .chain(told.gone.iter().copied())
            .collect();
        let changed = told.statuses.iter().map(|change| change.row);
        if self.sought.is_sorted_by_status() {
            touched.extend(changed);
        } else {
            // Another status moves nothing then: it only lets a row in, or out.
            touched.extend(
                changed.filter(|row| self.shows(view, *row, buffer) != self.position(*row).is_some()),
            );
        }
        if self.sought.is_sorted_by_contact() {
            // Nobody moves in it until it is sorted anew: who is touched only comes in, or goes.
            touched.retain(|row| self.shows(view, *row, buffer) != self.position(*row).is_some());
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn position(&self, row: u32) -> Option<usize> {
        let position = self.positions.get(row as usize).copied();
        position
            .filter(|position| *position != HIDDEN)
            .map(|position| position as usize)
    }

    fn shows(&self, view: &View<'_>, row: u32, buffer: &mut String) -> bool {
        view.listed(&self.sought.scope, row)
            .is_some_and(|listed| self.sought.shows(&listed, buffer))
    }

    /// Whether a row that was touched is where it belongs: in the list or not as the query asks, and between its
    /// neighbours. Where that holds for all that were touched, no two neighbours stand the wrong way round.
    fn stands(&self, view: &View<'_>, row: u32, buffer: &mut String) -> bool {
        let position = self.position(row);
        if self.shows(view, row, buffer) != position.is_some() {
            return false;
        }
        let Some(position) = position else { return true };
        let before = position.checked_sub(1).map(|before| self.rows[before]);
        let after = self.rows.get(position + 1);
        before.is_none_or(|before| self.compare(view, before, row) == Ordering::Less)
            && after.is_none_or(|after| self.compare(view, row, *after) == Ordering::Less)
    }

    /// Takes these rows out, and puts those that are shown in where they belong.
    fn put_back(&mut self, view: &View<'_>, touched: Vec<u32>, buffer: &mut String) {
        let mut leaving: Vec<usize> = touched.iter().filter_map(|row| self.position(*row)).collect();
        leaving.sort_unstable();
        let mut staying = Vec::with_capacity(self.rows.len());
        let mut from = 0;
        for position in leaving {
            staying.extend_from_slice(&self.rows[from..position]);
            from = position + 1;
        }
        staying.extend_from_slice(&self.rows[from..]);
        let (mut coming, going): (Vec<u32>, Vec<u32>) = touched
            .into_iter()
            .partition(|row| self.shows(view, *row, buffer));
        for row in going {
            self.positions[row as usize] = HIDDEN;
        }
        self.sort(view, &mut coming);
        let mut whole = Vec::with_capacity(staying.len() + coming.len());
        let mut rest = &staying[..];
        for row in coming {
            let smaller = rest.partition_point(|staying| self.compare(view, *staying, row) == Ordering::Less);
            let (before, after) = rest.split_at(smaller);
            whole.extend_from_slice(before);
            whole.push(row);
            rest = after;
        }
        whole.extend_from_slice(rest);
        self.put(whole);
    }

    fn sort(&self, view: &View<'_>, rows: &mut [u32]) {
        if !self.sought.is_sorted_by_contact() {
            rows.sort_unstable_by(|left, right| self.compare(view, *left, *right));
            return;
        }
        // When they were heard may change while they are compared, which no sort bears: it is read once.
        let heard = |row: &u32| {
            let listed = view.listed(&self.sought.scope, *row);
            listed.map(|listed| self.sought.held(&listed, |_| 0))
        };
        rows.sort_by_cached_key(heard);
        if self.sought.turned(Ordering::Less) == Ordering::Greater {
            rows.reverse();
        }
    }

    /// Takes another order, and notes where each row stands that stands elsewhere than before.
    fn put(&mut self, rows: Vec<u32>) {
        let same = |(old, new): &(&u32, &u32)| old == new;
        let first = self.rows.iter().zip(&rows).take_while(same).count();
        let is_as_long = self.rows.len() == rows.len();
        let ends_with = || {
            let both = self.rows[first..].iter().rev().zip(rows[first..].iter().rev());
            both.take_while(same).count()
        };
        let end = rows.len() - if is_as_long { ends_with() } else { 0 };
        self.rows = rows;
        for (position, row) in (0_u32..).zip(&self.rows).take(end).skip(first) {
            self.positions[*row as usize] = position;
        }
    }

    fn compare(&self, view: &View<'_>, left: u32, right: u32) -> Ordering {
        let listed = |row| view.listed(&self.sought.scope, row);
        match (listed(left), listed(right)) {
            (Some(left), Some(right)) => self.sought.compare(&left, &right),
            _ => left.cmp(&right),
        }
    }
}

#[cfg(test)]
mod tests;
