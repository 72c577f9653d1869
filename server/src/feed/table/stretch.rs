//! A stretch of a list that is sent once, part by part: each is made when the one before was taken.

use std::vec::IntoIter;

use bytes::Bytes;
use rollcall_shared::feed::table::ToTable;

use crate::feed::encode;
use crate::roster::Roster;
use crate::scope::Scope;

/// Ids with domains in one part, some 200 KB and never 400.
const IDS_A_PART: usize = 20_000;

/// What is left to be sent.
pub struct Stretch {
    scope: Scope,
    number: u32,
    rows: IntoIter<u32>,
    is_of_rows: bool,
    is_ended: bool,
}

impl Stretch {
    /// These rows, as the answer of that number.
    pub(super) fn new(scope: Scope, number: u32, rows: Vec<u32>, is_of_rows: bool) -> Self {
        Self {
            scope,
            number,
            rows: rows.into_iter(),
            is_of_rows,
            is_ended: false,
        }
    }

    /// The next part. There is at least one.
    pub(super) fn part(&mut self, roster: &Roster, now_ms: i64) -> Option<Bytes> {
        if self.is_ended {
            return None;
        }
        let (mut agents, mut rows) = (Vec::new(), Vec::new());
        let view = roster.view();
        if self.is_of_rows {
            let rest = self.rows.by_ref();
            let rest = rest.filter_map(|row| view.row(&self.scope, row));
            rows = encode::rows_of_part(rest.map(encode::row));
        } else {
            let part = self.rows.by_ref().take(IDS_A_PART);
            let listed = part.filter_map(|row| view.listed(&self.scope, row));
            agents.extend(listed.map(|listed| (listed.id(), listed.domain())));
        }
        drop(view);
        self.is_ended = self.rows.as_slice().is_empty();
        Some(encode::message(&ToTable::Listed {
            now_ms,
            number: self.number,
            last: self.is_ended,
            agents,
            rows,
        }))
    }
}
