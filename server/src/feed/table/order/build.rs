//! A list built of the whole fleet, beside the engine: it is held up for a thousand rows at a time, and not while they
//! are sorted.

use std::cmp::Ordering;
use std::collections::HashMap;

use rollcall_shared::AgentId;
use rollcall_shared::natural::{self, Keys};

use super::super::sought::{Held, Sought};
use super::{HIDDEN, Order};
use crate::feed::encode;
use crate::roster::{Listed, Roster};

/// Rows that are read at a time: less than a millisecond's work.
const ROWS_AT_A_TIME: u32 = 4_096;

impl Order {
    /// Builds it anew, of rows as they were at different times since the cursor that it stands at then.
    pub(super) fn build(&mut self, roster: &Roster, now_ms: i64) {
        let view = roster.view();
        let cursor = view.cursor();
        let domains = encode::domains(&view, &self.sought.scope);
        drop(view);
        self.sought.plant(domains);
        let mut found = Found::default();
        let mut buffer = String::new();
        let mut from = 0;
        loop {
            let view = roster.view();
            let until = view.end().min(from + ROWS_AT_A_TIME);
            for row in from..until {
                if let Some(listed) = view.listed(&self.sought.scope, row)
                    && self.sought.shows(&listed, &mut buffer)
                {
                    found.take(&self.sought, &listed);
                }
            }
            if until == view.end() {
                break;
            }
            from = until;
        }
        let rows = found.sorted(&self.sought);
        self.positions.clear();
        // Rows that came since are made room for as they are taken.
        self.positions
            .resize(rows.iter().max().map_or(0, |last| *last as usize + 1), HIDDEN);
        self.rows.clear();
        self.put(rows);
        self.cursor = Some(cursor);
        self.built_ms = now_ms;
    }
}

/// The rows of a list, with what they are sorted by.
#[derive(Default)]
struct Found {
    rows: Vec<(u32, AgentId, Held)>,
    /// Their names, one after another, and where each ends.
    names: String,
    ends: Vec<usize>,
    /// Each version that they have, numbered as they came.
    versions: HashMap<Box<str>, u32>,
}

impl Found {
    fn take(&mut self, sought: &Sought, listed: &Listed<'_>) {
        let versions = &mut self.versions;
        let held = sought.held(listed, |version| {
            let next = u32::try_from(versions.len()).unwrap_or(u32::MAX);
            match versions.get(version) {
                Some(number) => *number,
                None => *versions.entry(version.into()).or_insert(next),
            }
        });
        self.rows.push((listed.number(), listed.id(), held));
        self.names.push_str(listed.name());
        self.ends.push(self.names.len());
    }

    fn name(&self, number: usize) -> &str {
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.names[begin..self.ends[number]]
    }

    /// Numbers versions as they are sorted.
    fn rank_versions(&mut self) {
        let mut versions: Vec<(&str, u32)> = self
            .versions
            .iter()
            .map(|(version, number)| (&**version, *number))
            .collect();
        versions.sort_unstable_by(|left, right| natural::compare(left.0, right.0));
        let mut ranks = vec![0; versions.len()];
        for (rank, (_, number)) in (0..).zip(versions) {
            ranks[number as usize] = rank;
        }
        for (_, _, held) in &mut self.rows {
            if let Held::Version(number) = held {
                *number = ranks[*number as usize];
            }
        }
    }

    /// The rows, in order.
    fn sorted(mut self, sought: &Sought) -> Vec<u32> {
        self.rank_versions();
        let keys = Keys::of((0..self.rows.len()).map(|number| self.name(number)));
        let mut numbers: Vec<usize> = (0..self.rows.len()).collect();
        numbers.sort_unstable_by(|left, right| self.compare(sought, &keys, *left, *right));
        numbers.into_iter().map(|number| self.rows[number].0).collect()
    }

    /// As [`Sought::compare`] does.
    fn compare(&self, sought: &Sought, keys: &Keys, left: usize, right: usize) -> Ordering {
        let ((_, left_id, left_held), (_, right_id, right_held)) = (self.rows[left], self.rows[right]);
        let by_name = || {
            let by_key = keys.compare(left, right);
            by_key.then_with(|| natural::compare(self.name(left), self.name(right)))
        };
        let by_column = if left_held == Held::Name {
            by_name()
        } else {
            left_held.cmp(&right_held)
        };
        sought
            .turned(by_column)
            .then_with(by_name)
            .then_with(|| left_id.cmp(&right_id))
    }
}
