//! Rows stand as the view asks, also after whatever happens to them.

use rollcall_shared::feed::{Change, ToConsole};
use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status};

use super::*;
use crate::feed::mirror::Mirror;
use crate::table::column::Sort;

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
    let mut change = |mirror: &mut Mirror, domains: Option<Vec<(i32, Option<i32>)>>, moved: &[(u32, i32)]| {
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
