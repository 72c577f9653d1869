//! Lists that screens share, and beats.

use rollcall_shared::DomainId;
use tokio::sync::broadcast::error::TryRecvError;

use super::testing::Shown;
use super::testing::world::{Happens, World};
use super::*;
use crate::feed::tests::Fleet;

fn searched(search: &str) -> Query {
    Query {
        search: search.to_owned(),
        ..Query::default()
    }
}

fn lists(fleet: &Fleet) -> usize {
    let lists = fleet.hub.0.tables.lists.lock();
    lists.values().filter(|list| list.strong_count() > 0).count()
}

#[tokio::test]
async fn screens_share_the_lists_that_are_alike_and_those_nobody_looks_at_go() {
    let world = World::new(3).await;
    let fleet = &world.fleet;
    let mut first = fleet.hub.table(&Scope::All);
    let mut second = fleet.hub.table(&Scope::All);
    let mut limited = fleet.hub.table(&Scope::Domains([DomainId(2)].into()));
    first.ask(1, searched("MACHINE-1 "), 0, 5);
    second.ask(1, searched("machine-1"), 0, 5);
    assert_eq!(lists(fleet), 1);
    limited.ask(1, searched("machine-1"), 0, 5);
    assert_eq!(lists(fleet), 2);
    for (table, count) in [(&mut first, 1), (&mut second, 1), (&mut limited, 0)] {
        let mut shown = Shown::default();
        for message in table.look().await.unwrap() {
            shown.take_bytes(&message);
        }
        assert_eq!(shown.total, count);
    }
    drop((first, limited));
    second.ask(2, searched("machine"), 0, 5);
    assert_eq!(lists(fleet), 1);
    // The one before is still there when the next is made, and forgotten with the one after it.
    for (number, search) in [(3, "a"), (4, "b"), (5, "c")] {
        second.ask(number, searched(search), 0, 5);
    }
    assert_eq!(fleet.hub.0.tables.lists.lock().len(), 2);
}

#[tokio::test]
async fn a_beat_is_told_where_anything_changed_and_ends_the_calm_where_somebody_listens() {
    let mut world = World::new(1).await;
    world.fleet.hub.beat();
    world.happens(Happens::Comes).await;
    assert!(!world.fleet.hub.beat(), "nobody listens");
    let beats = world.fleet.hub.beats();
    assert!(!world.fleet.hub.beat() && !beats.has_changed().unwrap());
    world.happens(Happens::Comes).await;
    assert!(world.fleet.hub.beat() && beats.has_changed().unwrap());
}

#[tokio::test]
async fn an_overview_that_nobody_watches_is_dropped() {
    let world = World::new(1).await;
    let hub = &world.fleet.hub;
    let subscription = hub.subscribe_table(&Scope::All).await.unwrap();
    hub.beat();
    assert_eq!(hub.0.tables.overviews.lock().len(), 1);
    drop(subscription);
    hub.beat();
    assert_eq!(hub.0.tables.overviews.lock().len(), 0);
}

#[tokio::test]
async fn what_somebody_is_about_to_subscribe_to_is_not_dropped() {
    let world = World::new(1).await;
    let hub = &world.fleet.hub;
    drop(hub.subscribe_table(&Scope::All).await);
    let overview = hub.0.tables.overview(&Scope::All);
    hub.beat();
    let mut subscription = overview.subscribe(&world.fleet.roster, 0);
    drop(overview);
    hub.beat();
    assert_ne!(subscription.messages.try_recv(), Err(TryRecvError::Closed));
}

#[tokio::test]
async fn a_window_or_a_stretch_without_rows_has_no_list_made() {
    let world = World::new(2).await;
    let mut table = world.fleet.hub.table(&Scope::All);
    assert!(table.has_list(&searched("1"), 0) && !table.has_list(&searched("1"), 1));
    table.ask(1, searched("1"), 0, 0);
    let mut shown = Shown::default();
    for message in table.look().await.unwrap() {
        shown.take_bytes(&message);
    }
    assert_eq!((shown.number, shown.total, shown.windows), (1, 0, 1));
    table.stretch(1, searched("1"), (0, 0), true).await.unwrap();
    assert_eq!(lists(&world.fleet), 0);
    table.ask(2, searched("1"), 0, 1);
    assert!(table.has_list(&searched(" 1"), 5) && !table.has_list(&searched("2"), 5));
    assert_eq!(lists(&world.fleet), 1);
}

#[tokio::test]
async fn a_list_waits_for_a_builder_and_one_that_is_built_follows_without() {
    let mut world = World::new(2).await;
    let hub = world.fleet.hub.clone();
    let mut built = hub.table(&Scope::All);
    built.ask(1, Query::default(), 0, 5);
    built.look().await.unwrap();
    let busy = hub.busy().await;
    world.happens(Happens::Comes).await;
    assert_eq!(built.look().await.unwrap().len(), 1);
    let mut waits = hub.table(&Scope::All);
    waits.ask(1, searched("machine"), 0, 5);
    let looking = tokio::spawn(async move { waits.look().await.unwrap().len() });
    built.ask(2, Query::default(), 0, 5);
    assert_eq!(built.look().await.unwrap().len(), 1);
    assert!(!looking.is_finished());
    drop(busy);
    assert_eq!(looking.await.unwrap(), 1);
}

#[tokio::test]
async fn a_long_stretch_is_sent_in_parts() {
    let world = World::new(4_500).await;
    let table = world.fleet.hub.table(&Scope::All);
    let mut shown = Shown::default();
    let mut stretch = table
        .stretch(1, Query::default(), (100, 4_200), true)
        .await
        .unwrap();
    while let Some(part) = table.part(&mut stretch) {
        shown.take_bytes(&part);
    }
    assert_eq!(shown.parts, [2_000, 2_000, 200]);
    assert_eq!(shown.listed_rows[0].name, "machine-101");
    let mut shown = Shown::default();
    let mut stretch = table
        .stretch(2, Query::default(), (0, u32::MAX), false)
        .await
        .unwrap();
    while let Some(part) = table.part(&mut stretch) {
        shown.take_bytes(&part);
    }
    assert_eq!((shown.parts, shown.listed.len()), (vec![4_500], 4_500));
}
