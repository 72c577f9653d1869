//! The rows that a view asks for, in its order, kept so while the fleet changes.
//!
//! A frame touches a few rows of a hundred thousand. Where each of those still belongs between its neighbours, nothing
//! moves: so it is under a sort by name, whatever happens to agents. Else they are taken out, judged again, sorted among
//! themselves and put back where they belong by halving: the rest is copied, not compared.

use core::cmp::Ordering;
use core::fmt::Write as _;
use core::ops::Range;

use rollcall_shared::feed::Row;
use rollcall_shared::natural::{self, Keys};

use super::column::Column;
use super::view::View;
use crate::feed::mirror::{Fleet, Touched};

/// A place that is not shown.
const HIDDEN: u32 = u32::MAX;

/// Places of the rows that are shown, in order.
#[derive(Debug, Default)]
pub struct Order {
    places: Vec<u32>,
    /// Where in the order each place stands, or [`HIDDEN`].
    positions: Vec<u32>,
    view: View,
    /// The search, as it is compared.
    needle: String,
    /// The lines of the tree that the view's domain is, where it asks for one.
    within: Option<Range<usize>>,
}

impl Order {
    /// The places, in order.
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// Where in the order a place stands.
    #[must_use]
    pub fn position(&self, place: u32) -> Option<usize> {
        let position = self.positions.get(place as usize).copied();
        position
            .filter(|position| *position != HIDDEN)
            .map(|position| position as usize)
    }

    /// Makes it right for this view of a fleet of which `touched` changed since the last time.
    pub fn update(&mut self, fleet: &Fleet, view: &View, touched: &Touched) {
        let mut address = String::new();
        if touched.all || self.view != *view {
            self.view = view.clone();
            self.needle = view.search.trim().to_ascii_lowercase();
            // Wherever the tree changed, all is touched.
            self.within = view.domain.map(|domain| fleet.tree().below(domain));
            let all = 0..u32::try_from(fleet.agents().len()).unwrap_or(u32::MAX);
            let shown: Vec<u32> = all
                .filter(|place| self.shows(fleet, *place, &mut address))
                .collect();
            self.places = self.sorted(fleet, &shown);
            self.number(fleet);
        } else if !touched.places.is_empty() {
            let mut touched = touched.places.clone();
            touched.sort_unstable();
            touched.dedup();
            self.positions.resize(fleet.agents().len(), HIDDEN);
            if !touched
                .iter()
                .all(|place| self.stands(fleet, *place, &mut address))
            {
                self.put_back(fleet, touched, &mut address);
                self.number(fleet);
            }
        }
    }

    /// All of these places, in order.
    fn sorted(&self, fleet: &Fleet, shown: &[u32]) -> Vec<u32> {
        let name = |place: &u32| fleet.at(*place).map_or("", |row| row.name.as_str());
        let keys = Keys::of(shown.iter().map(name));
        let mut numbers: Vec<usize> = (0..shown.len()).collect();
        // Not the unstable one: in the console's standard library, made for size, that is a heapsort, which compares twice
        // as often.
        numbers.sort_by(|left, right| {
            self.judge(fleet, shown[*left], shown[*right], || keys.compare(*left, *right))
        });
        numbers.into_iter().map(|number| shown[number]).collect()
    }

    /// Whether a place that was touched is where it belongs: shown or not as the view asks, and between its neighbours.
    /// Where that holds for all that were touched, no two neighbours of the order stand the wrong way round.
    fn stands(&self, fleet: &Fleet, place: u32, address: &mut String) -> bool {
        let position = self.position(place);
        if self.shows(fleet, place, address) != position.is_some() {
            return false;
        }
        let Some(position) = position else { return true };
        let before = position.checked_sub(1).map(|before| self.places[before]);
        let after = self.places.get(position + 1);
        before.is_none_or(|before| self.compare(fleet, before, place) == Ordering::Less)
            && after.is_none_or(|after| self.compare(fleet, place, *after) == Ordering::Less)
    }

    /// Takes these places out, and puts those that are shown in where they belong.
    fn put_back(&mut self, fleet: &Fleet, touched: Vec<u32>, address: &mut String) {
        for place in &touched {
            self.positions[*place as usize] = HIDDEN;
        }
        let positions = &self.positions;
        self.places.retain(|place| positions[*place as usize] != HIDDEN);
        let mut coming = touched;
        coming.retain(|place| self.shows(fleet, *place, address));
        coming.sort_by(|left, right| self.compare(fleet, *left, *right));
        let mut whole = Vec::with_capacity(self.places.len() + coming.len());
        let mut rest = &self.places[..];
        for place in coming {
            let smaller =
                rest.partition_point(|staying| self.compare(fleet, *staying, place) == Ordering::Less);
            let (before, after) = rest.split_at(smaller);
            whole.extend_from_slice(before);
            whole.push(place);
            rest = after;
        }
        whole.extend_from_slice(rest);
        self.places = whole;
    }

    /// Notes where each place stands.
    fn number(&mut self, fleet: &Fleet) {
        self.positions.clear();
        self.positions.resize(fleet.agents().len(), HIDDEN);
        for (position, place) in (0..).zip(&self.places) {
            self.positions[*place as usize] = position;
        }
    }

    /// Whether the view asks for a place. The buffer is the caller's, so that a search over a hundred thousand rows
    /// allocates once.
    fn shows(&self, fleet: &Fleet, place: u32, address: &mut String) -> bool {
        fleet.at(place).is_some_and(|row| {
            self.view.shows(row.status)
                && self.is_within(fleet, row)
                && (contains(&row.name, &self.needle) || has_address(row, &self.needle, address))
        })
    }

    fn is_within(&self, fleet: &Fleet, row: &Row) -> bool {
        self.within.as_ref().is_none_or(|within| {
            let line = fleet.tree().line(row.domain);
            line.is_some_and(|line| within.contains(&line))
        })
    }

    /// A total order: agents that are alike in the column stand by name, and those of one name by id.
    fn compare(&self, fleet: &Fleet, left: u32, right: u32) -> Ordering {
        self.judge(fleet, left, right, || Ordering::Equal)
    }

    /// The same where something cheaper than the names may know already which of them comes first; `Equal` where it does
    /// not.
    fn judge(&self, fleet: &Fleet, left: u32, right: u32, known: impl Fn() -> Ordering) -> Ordering {
        let (Some(left), Some(right)) = (fleet.at(left), fleet.at(right)) else {
            return left.cmp(&right);
        };
        let by_name = || known().then_with(|| natural::compare(&left.name, &right.name));
        let by_column = match self.view.sort.column {
            Column::Name => by_name(),
            Column::Status => left.status.cmp(&right.status),
            // From just now to long ago, as the ages in the column read; never heard is longest ago.
            Column::Since => right.since_ms.cmp(&left.since_ms),
            Column::Contact => right.last_contact.map(first).cmp(&left.last_contact.map(first)),
            // As the tree stands.
            Column::Domain => fleet
                .tree()
                .line(left.domain)
                .cmp(&fleet.tree().line(right.domain)),
            Column::Address => left.address.cmp(&right.address),
            Column::Version => natural::compare(&left.agent_version, &right.agent_version),
            Column::Cause => Ordering::Equal,
        };
        let by_column = if self.view.sort.descending {
            by_column.reverse()
        } else {
            by_column
        };
        by_column.then_with(by_name).then_with(|| left.id.cmp(&right.id))
    }
}

fn first<A, B>((first, _): (A, B)) -> A {
    first
}

/// Whether the text contains the needle, which is in lower case, without regard to the case of Latin letters.
fn contains(text: &str, needle: &str) -> bool {
    needle.is_empty()
        || text
            .as_bytes()
            .windows(needle.len())
            .any(|part| part.eq_ignore_ascii_case(needle.as_bytes()))
}

fn has_address(row: &Row, needle: &str, buffer: &mut String) -> bool {
    row.address.is_some_and(|address| {
        buffer.clear();
        write!(buffer, "{address}").is_ok() && buffer.contains(needle)
    })
}

#[cfg(test)]
mod tests;
