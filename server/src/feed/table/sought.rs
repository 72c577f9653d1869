//! What a list has, and in which order: a query, read once.

use std::cmp::{Ordering, Reverse};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::ops::Range;

use rollcall_shared::Status;
use rollcall_shared::feed::Domain;
use rollcall_shared::feed::table::{MOST_SEARCHED, Query, SortKey};
use rollcall_shared::natural;

use super::lines::Lines;
use crate::roster::Listed;
use crate::scope::Scope;

/// A query as it is compared with rows.
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) scope: Scope,
    query: Query,
    /// Whether any address may contain what is searched for.
    may_be_address: bool,
    lines: Lines,
    /// The lines of the tree that the query's domain is, where it asks for one.
    within: Option<Range<u32>>,
}

/// What a row has in the column that a list is sorted by, of which all rows of one list have the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// Nothing besides its name.
    Name,
    /// A status.
    Status(Status),
    /// A time: the latest comes first, and never last.
    Latest(Reverse<Option<i64>>),
    /// A line of the tree.
    Line(Option<u32>),
    /// An address.
    Address(Option<IpAddr>),
    /// A version, by a number that whoever asked has for it.
    Version(u32),
}

/// The query as lists are told apart by it: what is found is the same for all that are alike.
pub(super) fn plain(mut query: Query) -> Query {
    let cut = query.search.floor_char_boundary(MOST_SEARCHED);
    query.search.truncate(cut);
    query.search = query.search.trim().to_ascii_lowercase();
    query
}

impl Sought {
    /// What a [`plain`] query asks for.
    pub(super) fn new(scope: Scope, query: Query) -> Self {
        let in_addresses = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
        Self {
            scope,
            may_be_address: query.search.bytes().all(in_addresses),
            query,
            lines: Lines::default(),
            within: None,
        }
    }

    /// Takes the tree as it is now.
    pub(super) fn plant(&mut self, domains: Vec<Domain>) {
        self.lines = Lines::of(domains);
        self.within = self.query.domain.map(|domain| self.lines.below(domain));
    }

    /// Whether another tree may make another list.
    pub(super) fn depends_on_the_tree(&self) -> bool {
        self.query.domain.is_some() || self.query.sort == SortKey::Domain
    }

    /// Whether another status may put a row elsewhere in the list.
    pub(super) fn is_sorted_by_status(&self) -> bool {
        matches!(self.query.sort, SortKey::Status | SortKey::Since)
    }

    /// Whether rows go elsewhere in the list without being told of.
    pub(super) fn is_sorted_by_contact(&self) -> bool {
        self.query.sort == SortKey::Contact
    }

    /// Whether the list has a row. The buffer is the caller's, so that a search over a hundred thousand rows allocates
    /// once.
    pub(super) fn shows(&self, listed: &Listed<'_>, buffer: &mut String) -> bool {
        self.query.shows(listed.status()) && self.is_within(listed) && self.is_found(listed, buffer)
    }

    fn is_within(&self, listed: &Listed<'_>) -> bool {
        self.within.as_ref().is_none_or(|within| {
            let line = self.lines.line(listed.domain());
            line.is_some_and(|line| within.contains(&line))
        })
    }

    fn is_found(&self, listed: &Listed<'_>, buffer: &mut String) -> bool {
        let needle = self.query.search.as_str();
        if contains(listed.name(), needle) {
            return true;
        }
        if !self.may_be_address {
            return false;
        }
        listed.address().is_some_and(|address| {
            buffer.clear();
            write!(buffer, "{address}").is_ok() && buffer.contains(needle)
        })
    }

    /// What a row has in the column that the list is sorted by; `version` gives the number of a version.
    pub(super) fn held(&self, listed: &Listed<'_>, version: impl FnOnce(&str) -> u32) -> Held {
        match self.query.sort {
            SortKey::Name => Held::Name,
            SortKey::Status => Held::Status(listed.status()),
            SortKey::Since => Held::Latest(Reverse(Some(listed.since_ms()))),
            SortKey::Contact => Held::Latest(Reverse(listed.heard_ms())),
            SortKey::Domain => Held::Line(self.lines.line(listed.domain())),
            SortKey::Address => Held::Address(listed.address()),
            SortKey::Version => Held::Version(version(listed.agent_version())),
        }
    }

    /// A total order: agents that are alike in the column stand by name, and those of one name by id.
    pub(super) fn compare(&self, left: &Listed<'_>, right: &Listed<'_>) -> Ordering {
        let by_name = || natural::compare(left.name(), right.name());
        let by_column = match self.query.sort {
            SortKey::Name => by_name(),
            SortKey::Version => natural::compare(left.agent_version(), right.agent_version()),
            _ => self.held(left, |_| 0).cmp(&self.held(right, |_| 0)),
        };
        self.turned(by_column)
            .then_with(by_name)
            .then_with(|| left.id().cmp(&right.id()))
    }

    /// What the column says, turned round where the query asks for that.
    pub(super) fn turned(&self, by_column: Ordering) -> Ordering {
        if self.query.descending {
            by_column.reverse()
        } else {
            by_column
        }
    }
}

/// Whether the text contains the needle, which is in lower case, without regard to the case of the letters A to Z.
fn contains(text: &str, needle: &str) -> bool {
    needle.is_empty()
        || text
            .as_bytes()
            .windows(needle.len())
            .any(|part| part.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_cut_between_letters_and_read_without_what_is_around_it() {
        let read = |search: &str| {
            let query = Query {
                search: search.to_owned(),
                ..Query::default()
            };
            plain(query).search
        };
        assert_eq!(read("  Kiosk É "), "kiosk É");
        assert_eq!(read(&"é".repeat(200)), "é".repeat(MOST_SEARCHED / 2));
        assert_eq!(read(&format!("a{}", "é".repeat(200))).len(), MOST_SEARCHED - 1);
    }
}
