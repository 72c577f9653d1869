//! The rows that a view asks for, in its order, kept so while the fleet changes.
//!
//! A frame touches a few rows of a hundred thousand. Where each of those still belongs between its neighbours, nothing
//! moves: so it is under a sort by name, whatever happens to agents. Else they are taken out, judged again, sorted among
//! themselves and put back where they belong by halving: the rest is copied, not compared.

use core::cmp::Ordering;
use core::fmt::Write as _;
use core::ops::Range;

use rollcall_shared::feed::Row;

use super::column::Column;
use super::natural::{self, Keys};
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
mod tests {
    use rollcall_shared::feed::{Change, ToConsole};
    use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status};

    use super::super::column::Sort;
    use super::*;
    use crate::feed::mirror::Mirror;

    fn row(number: u32, name: &str, status: Status) -> Row {
        Row {
            row: number,
            id: AgentId::from_bits(u64::from(number)),
            name: name.to_owned(),
            domain: DomainId::ROOT,
            status,
            since_ms: i64::from(number),
            cause: Cause::Enrolled,
            last_contact: number
                .is_multiple_of(2)
                .then_some((i64::from(number), ContactKind::Poll)),
            address: format!("10.12.0.{number}").parse().ok(),
            agent_version: String::new(),
            retired_by: None,
        }
    }

    fn mirror(names: &[(&str, Status)]) -> Mirror {
        let rows = names.iter().zip(0_u32..);
        let rows = rows.map(|((name, status), number)| row(number, name, *status));
        let mut mirror = Mirror::default();
        mirror.apply(ToConsole::Snapshot {
            sequence: 0,
            now_ms: 0,
            first: true,
            last: true,
            domains: Vec::new(),
            rows: rows.collect(),
            transitions: vec![],
        });
        mirror
    }

    fn names(order: &Order, mirror: &Mirror) -> Vec<String> {
        let fleet = mirror.fleet();
        let name = |place: &u32| fleet.at(*place).unwrap().name.clone();
        order.places().iter().map(name).collect()
    }

    fn shown(mirror: &mut Mirror, view: &View) -> Vec<String> {
        let mut order = Order::default();
        let touched = mirror.take_touched();
        order.update(mirror.fleet(), view, &Touched { all: true, ..touched });
        names(&order, mirror)
    }

    fn sorted_by(column: Column, descending: bool) -> View {
        View {
            sort: Sort { column, descending },
            ..View::default()
        }
    }

    #[test]
    fn rows_stand_by_what_the_heading_says() {
        let mut mirror = mirror(&[
            ("pos-10", Status::Offline),
            ("pos-9", Status::Online),
            ("atm-1", Status::Pending),
        ]);
        for (view, expected) in [
            (View::default(), ["atm-1", "pos-9", "pos-10"]),
            (sorted_by(Column::Name, true), ["pos-10", "pos-9", "atm-1"]),
            (sorted_by(Column::Status, false), ["pos-9", "pos-10", "atm-1"]),
            (sorted_by(Column::Since, false), ["atm-1", "pos-9", "pos-10"]),
            (sorted_by(Column::Since, true), ["pos-10", "pos-9", "atm-1"]),
            (sorted_by(Column::Contact, false), ["atm-1", "pos-10", "pos-9"]),
            (sorted_by(Column::Address, true), ["atm-1", "pos-9", "pos-10"]),
            (sorted_by(Column::Version, false), ["atm-1", "pos-9", "pos-10"]),
        ] {
            assert_eq!(shown(&mut mirror, &view), expected, "{view:?}");
        }
    }

    #[test]
    fn a_search_finds_names_and_addresses_without_regard_to_case() {
        let mut mirror = mirror(&[
            ("Kiosk-SP-1", Status::Online),
            ("build", Status::Online),
            ("gone", Status::Retired),
        ]);
        let view = |search: &str| View {
            search: search.to_owned(),
            ..View::default()
        };
        assert_eq!(shown(&mut mirror, &view(" kiosk-sp ")), ["Kiosk-SP-1"]);
        assert_eq!(shown(&mut mirror, &view("2.0.1")), ["build"]);
        assert_eq!(shown(&mut mirror, &view("gone")), [""; 0]);
        assert_eq!(shown(&mut mirror, &view("é")), [""; 0]);
    }

    #[test]
    fn a_domain_shows_what_is_in_it_and_below_also_after_the_tree_or_an_agent_was_moved() {
        let mut mirror = mirror(&[
            ("a", Status::Online),
            ("b", Status::Online),
            ("c", Status::Online),
        ]);
        let domain = |(id, parent): (i32, Option<i32>)| rollcall_shared::feed::Domain {
            id: DomainId(id),
            parent: parent.map(DomainId),
            name: id.to_string(),
        };
        let mut sequence = 0;
        let mut change =
            |mirror: &mut Mirror, domains: Option<Vec<(i32, Option<i32>)>>, moved: &[(u32, i32)]| {
                sequence += 1;
                mirror.apply(ToConsole::Delta {
                    sequence,
                    now_ms: 0,
                    domains: domains.map(|domains| domains.into_iter().map(domain).collect()),
                    moved: moved.iter().map(|(row, id)| (*row, DomainId(*id))).collect(),
                    gone: vec![],
                    rows: vec![],
                    changes: vec![],
                });
            };
        let view = View::told(&[("domain", "2")]);
        let mut order = Order::default();
        let mut update = |mirror: &mut Mirror| {
            let touched = mirror.take_touched();
            order.update(mirror.fleet(), &view, &touched);
            names(&order, mirror)
        };
        assert_eq!(update(&mut mirror), [""; 0]);
        let tree = vec![(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))];
        change(&mut mirror, Some(tree), &[(0, 3), (1, 2)]);
        assert_eq!(update(&mut mirror), ["a", "b"]);
        change(&mut mirror, None, &[(2, 3), (1, 4)]);
        assert_eq!(update(&mut mirror), ["a", "c"]);
        let tree = vec![(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2))];
        change(&mut mirror, Some(tree), &[]);
        assert_eq!(update(&mut mirror), ["b"]);
    }

    #[test]
    fn an_updated_order_is_the_one_that_sorting_anew_makes() {
        let many: Vec<(String, Status)> = (0..300)
            .map(|number| (format!("agent-{}", number * 7 % 300), Status::Online))
            .collect();
        let many: Vec<(&str, Status)> = many
            .iter()
            .map(|(name, status)| (name.as_str(), *status))
            .collect();
        let online = View::told(&[("status", "online,pending"), ("sort", "-since")]);
        let found = View::told(&[("q", "agent-1")]);
        for view in [View::default(), online, found, sorted_by(Column::Status, false)] {
            let mut mirror = mirror(&many);
            let mut order = Order::default();
            let touched = mirror.take_touched();
            order.update(mirror.fleet(), &view, &touched);
            for sequence in 1..60_u32 {
                let changes = (0..3)
                    .map(|number| Change {
                        row: (sequence * 31 + number * 97) % 300,
                        to: Status::ALL[((sequence + number) % 4) as usize],
                        cause: Cause::Enrolled,
                        ago_ms: number,
                    })
                    .collect();
                mirror.apply(ToConsole::Delta {
                    sequence: u64::from(sequence),
                    now_ms: i64::from(sequence) * 1_000,
                    domains: None,
                    moved: vec![],
                    gone: vec![],
                    // Now and then one is renamed, and one is new.
                    rows: [sequence * 53 % 300, 300 + sequence]
                        .into_iter()
                        .filter(|_| sequence % 5 == 0)
                        .map(|number| row(number, &format!("agent-{}", sequence * 11), Status::Online))
                        .collect(),
                    changes,
                });
                let touched = mirror.take_touched();
                order.update(mirror.fleet(), &view, &touched);
                assert_eq!(names(&order, &mirror), shown(&mut mirror, &view), "{sequence}");
                for (position, place) in order.places().iter().enumerate() {
                    assert_eq!(order.position(*place), Some(position));
                }
            }
        }
    }
}
