//! Rows stand as the query asks, also after whatever happens to them.

use proptest::prelude::*;
use rollcall_presence::{Addresses, Event};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::feed::Row;
use rollcall_shared::feed::table::SortKey;
use rollcall_shared::{AgentId, BootId, DomainId, RegisterReason, Status, natural};

use super::super::lines::Lines;
use super::super::sought::plain;
use super::super::testing::world::{Happens, World, becomes, happens, queries, scopes};
use super::*;
use crate::feed::encode;

/// What the query finds, filtered and sorted by whole rows.
fn sorted_anew(roster: &Roster, scope: &Scope, query: &Query) -> Vec<u32> {
    let view = roster.view();
    let lines = Lines::of(encode::domains(&view, scope));
    let needle = query.search.to_lowercase();
    let is_found = |row: &Row| {
        let address = row.address.map_or(String::new(), |address| address.to_string());
        let is_within = query.domain.is_none_or(|domain| {
            let line = lines.line(row.domain);
            line.is_some_and(|line| lines.below(domain).contains(&line))
        });
        query.shows(row.status)
            && is_within
            && (row.name.to_lowercase().contains(&needle) || address.contains(&needle))
    };
    let mut rows: Vec<Row> = view.rows(scope).map(encode::row).filter(is_found).collect();
    rows.sort_by(|left, right| {
        let by_name = natural::compare(&left.name, &right.name);
        let heard = |row: &Row| row.last_contact.map(|(at_ms, _)| at_ms);
        let by_column = match query.sort {
            SortKey::Name => by_name,
            SortKey::Status => left.status.cmp(&right.status),
            SortKey::Since => right.since_ms.cmp(&left.since_ms),
            SortKey::Contact => heard(right).cmp(&heard(left)),
            SortKey::Domain => lines.line(left.domain).cmp(&lines.line(right.domain)),
            SortKey::Address => left.address.cmp(&right.address),
            SortKey::Version => natural::compare(&left.agent_version, &right.agent_version),
        };
        let by_column = if query.descending {
            by_column.reverse()
        } else {
            by_column
        };
        by_column.then(by_name).then(left.id.cmp(&right.id))
    });
    rows.into_iter().map(|row| row.row).collect()
}

fn names(order: &Order, world: &World) -> Vec<String> {
    let view = world.fleet.roster.view();
    let name = |row: &u32| view.name(*row).unwrap().1.to_owned();
    order.rows().iter().map(name).collect()
}

fn searched(search: &str) -> Query {
    plain(Query {
        search: search.to_owned(),
        ..Query::default()
    })
}

fn sorted(sort: SortKey) -> Query {
    Query {
        sort,
        ..Query::default()
    }
}

fn followed(world: &World, query: &Query) -> Vec<String> {
    let mut order = Order::new(Scope::All, query.clone());
    order.follow(&world.fleet.roster, 0);
    names(&order, world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_order_that_follows_is_the_one_that_sorting_anew_makes(
        happens in prop::collection::vec((happens(), prop::bool::weighted(0.4)), 1..60),
        query in queries(),
        scope in scopes(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let mut world = World::new(9).await;
            let query = plain(query);
            let mut order = Order::new(scope.clone(), query.clone());
            for (what, looks) in happens {
                world.happens(what).await;
                if looks {
                    order.follow(&world.fleet.roster, 0);
                    assert!(order.is_current(&world.fleet.roster.view(), 0));
                    let expected = sorted_anew(&world.fleet.roster, &scope, &query);
                    assert_eq!(order.rows(), expected, "after {what:?}");
                    for (position, row) in order.rows().iter().enumerate() {
                        assert_eq!(order.position(*row), Some(position));
                    }
                    let shown = order.positions.iter().filter(|position| **position != HIDDEN);
                    assert_eq!(shown.count(), expected.len(), "nobody else has a place");
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_list_by_last_contact_has_at_once_whom_the_query_finds(
        happens in prop::collection::vec((happens(), prop::bool::weighted(0.4)), 1..60),
        query in queries(),
        scope in scopes(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let mut world = World::new(9).await;
            let query = plain(Query { sort: SortKey::Contact, ..query });
            let mut order = Order::new(scope.clone(), query.clone());
            for (what, looks) in happens {
                world.happens(what).await;
                if looks {
                    // It is never time to sort it anew.
                    order.follow(&world.fleet.roster, 0);
                    for (position, row) in order.rows().iter().enumerate() {
                        assert_eq!(order.position(*row), Some(position));
                    }
                    let mut found = order.rows().to_vec();
                    let mut expected = sorted_anew(&world.fleet.roster, &scope, &query);
                    found.sort_unstable();
                    expected.sort_unstable();
                    assert_eq!(found, expected, "after {what:?}");
                }
            }
        });
    }
}

#[tokio::test]
async fn a_search_finds_names_and_addresses_without_regard_to_case() {
    let mut world = World::new(3).await;
    world.happens(Happens::Registers(1, 7, 1, 0)).await;
    world.happens(Happens::Becomes(3, Status::Retired)).await;
    assert_eq!(followed(&world, &searched(" MACHINE-2 ")), ["machine-2"]);
    assert_eq!(followed(&world, &searched("0.113.1")), ["a7"]);
    assert_eq!(followed(&world, &searched("machine-3")), [""; 0]);
    assert_eq!(followed(&world, &searched("é")), [""; 0]);
}

#[tokio::test]
async fn a_domain_shows_what_is_in_it_and_below_also_after_the_tree_or_an_agent_was_moved() {
    let mut world = World::new(3).await;
    let query = Query {
        domain: Some(DomainId(2)),
        ..Query::default()
    };
    let mut order = Order::new(Scope::All, query);
    for (what, expected) in [
        (Happens::IsPut(1, 4), &["machine-1"][..]),
        (Happens::IsPut(2, 2), &["machine-1", "machine-2"]),
        (Happens::IsPut(3, 3), &["machine-1", "machine-2"]),
        (Happens::DomainIsPut(true, 1), &["machine-2"]),
        (Happens::DomainIsPut(false, 2), &["machine-2", "machine-3"]),
        (Happens::IsPut(2, 1), &["machine-3"]),
    ] {
        world.happens(what).await;
        order.follow(&world.fleet.roster, 0);
        assert_eq!(names(&order, &world), expected, "{what:?}");
    }
}

#[tokio::test]
async fn a_list_that_fell_too_far_behind_is_built_anew() {
    let mut world = World::new(5).await;
    let mut order = Order::new(Scope::All, sorted(SortKey::Since));
    order.follow(&world.fleet.roster, 0);
    for number in 0..70_000 {
        world
            .fleet
            .roster
            .apply(&[becomes(number % 5 + 1, Status::Offline, number)]);
    }
    world.happens(Happens::Comes).await;
    order.follow(&world.fleet.roster, 0);
    let expected = sorted_anew(&world.fleet.roster, &Scope::All, &sorted(SortKey::Since));
    assert_eq!(order.rows(), expected);
}

#[tokio::test]
async fn a_list_that_is_built_while_the_fleet_changes_is_right_afterwards() {
    // So many that they are read in parts.
    let world = World::new(9_000).await;
    let roster = &world.fleet.roster;
    for sort in [SortKey::Name, SortKey::Since] {
        let mut order = Order::new(Scope::All, sorted(sort));
        std::thread::scope(|threads| {
            let changing = threads.spawn(|| {
                for (number, to) in (0..30_000).zip(Status::ALL.into_iter().cycle()) {
                    roster.apply(&[becomes(number * 7 % 9_000 + 1, to, number)]);
                }
            });
            while !changing.is_finished() {
                order.follow(roster, 0);
            }
        });
        order.follow(roster, 0);
        assert_eq!(order.rows(), sorted_anew(roster, &Scope::All, &sorted(sort)));
    }
}

#[tokio::test]
async fn a_list_by_last_contact_is_sorted_anew_after_a_while() {
    let world = World::new(2).await;
    let place = world.fleet.enrol(3).await;
    let roster = &world.fleet.roster;
    let mut order = Order::new(Scope::All, sorted(SortKey::Contact));
    order.follow(roster, 10_000);
    assert_eq!(names(&order, &world), ["machine-1", "machine-2", "machine-3"]);
    let register = Event::Register {
        fence: Fence {
            boot: BootId::from_bits(1).unwrap(),
            sequence: 1,
            applied: 0,
        },
        reason: RegisterReason::Install,
        addresses: Addresses::default(),
    };
    world.fleet.engine.handle(place, register).await.unwrap();
    order.follow(roster, 11_999);
    assert_eq!(names(&order, &world), ["machine-1", "machine-2", "machine-3"]);
    order.follow(roster, 12_000);
    assert_eq!(names(&order, &world), ["machine-3", "machine-1", "machine-2"]);
    assert_eq!(
        order.rows(),
        sorted_anew(roster, &Scope::All, &sorted(SortKey::Contact))
    );
    assert_eq!(
        roster.view().number_of(&Scope::All, AgentId::from_bits(3)),
        Some(2)
    );
}
