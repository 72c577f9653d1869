//! What screens have that follow is what one is told that opens.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rollcall_shared::feed::Domain;
use rollcall_shared::{AgentId, DomainId, Status};

use super::super::counts::Counted;
use super::super::testing::Shown;
use super::super::testing::world::{Happens, World, becomes, happens, scopes};
use super::*;

fn open(overview: &Overview, world: &World, now_ms: i64) -> (Shown, broadcast::Receiver<Bytes>) {
    let subscription = overview.subscribe(&world.fleet.roster, now_ms);
    let mut shown = Shown::default();
    for message in &subscription.opening {
        shown.take_bytes(message);
    }
    (shown, subscription.messages)
}

/// Takes what was sent, and gives it.
fn follow(shown: &mut Shown, messages: &mut broadcast::Receiver<Bytes>) -> Vec<ToTable> {
    let mut told = Vec::new();
    while let Ok(bytes) = messages.try_recv() {
        shown.take_bytes(&bytes);
        told.push(postcard::from_bytes(&bytes).unwrap());
    }
    told
}

/// The tree, and who is where, read from whole rows.
fn counted_anew(world: &World, scope: &Scope) -> (Vec<Domain>, BTreeMap<DomainId, Counted>) {
    let view = world.fleet.roster.view();
    let mut counts: BTreeMap<DomainId, Counted> = BTreeMap::new();
    for seen in view.rows(scope) {
        counts.entry(seen.agent.domain).or_default()[seen.agent.status as usize] += 1;
    }
    (encode::domains(&view, scope), counts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_screens_that_follow_have_the_tree_the_counts_and_each_transition_once(
        happens in prop::collection::vec((happens(), prop::bool::weighted(0.4)), 0..60),
        scope in scopes(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let mut world = World::new(9).await;
            let overview = Overview::new(scope.clone());
            let (mut shown, mut messages) = open(&overview, &world, 0);
            let mut now_ms = 0;
            for (what, beats) in happens {
                world.happens(what).await;
                if beats {
                    now_ms += 100;
                    overview.beat(&world.fleet.roster, now_ms);
                    follow(&mut shown, &mut messages);
                }
            }
            // Another that opens disturbs nobody.
            let (late, _) = open(&overview, &world, now_ms);
            let (tree, counts) = counted_anew(&world, &scope);
            assert_eq!((&late.tree, &late.counts), (&tree, &counts));
            overview.beat(&world.fleet.roster, now_ms + COUNTED_EVERY_MS.cast_signed());
            follow(&mut shown, &mut messages);
            assert_eq!((&shown.tree, &shown.counts), (&tree, &counts));
            if scope == Scope::All {
                let ids = |shown: &Shown| shown.happened.iter().map(|one| one.id.bits()).collect::<Vec<_>>();
                let all: Vec<u64> = (0..world.transitions).rev().collect();
                assert_eq!(ids(&shown), all);
                assert_eq!(ids(&late), all);
            }
        });
    }
}

#[tokio::test]
async fn counts_are_told_twice_a_second_and_what_happened_at_each_beat() {
    let mut world = World::new(1).await;
    let overview = Overview::new(Scope::All);
    let (mut shown, mut messages) = open(&overview, &world, 0);
    let (mut counted, mut happened) = (0, 0);
    for beat in 1..=20 {
        if beat <= 11 {
            let to = Status::ALL[beat % 3];
            world.happens(Happens::Becomes(1, to)).await;
        }
        overview.beat(&world.fleet.roster, i64::try_from(beat).unwrap() * 100);
        for message in follow(&mut shown, &mut messages) {
            match message {
                ToTable::Counts { whole, counts, .. } => {
                    assert!(!whole && counts.len() == 1);
                    counted += 1;
                }
                ToTable::Happened {
                    whole, happened: new, ..
                } => {
                    assert!(!whole && new.len() == 1);
                    happened += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    // The last change is told though nothing follows it.
    assert_eq!((counted, happened), (3, 11));
    assert_eq!(shown.counts, counted_anew(&world, &Scope::All).1);
}

#[tokio::test]
async fn a_calm_is_told_of_once_a_second() {
    let world = World::new(1).await;
    let overview = Overview::new(Scope::All);
    let (mut shown, mut messages) = open(&overview, &world, 0);
    for beat in 1..=30 {
        assert!(!overview.beat(&world.fleet.roster, beat * 100));
    }
    let told = follow(&mut shown, &mut messages);
    let pulses = told
        .iter()
        .filter(|message| matches!(message, ToTable::Pulse { .. }));
    assert_eq!((told.len(), pulses.count()), (3, 3));
}

#[tokio::test]
async fn after_more_than_the_roster_remembers_all_is_told_anew() {
    let world = World::new(3).await;
    let overview = Overview::new(Scope::All);
    let (mut shown, mut messages) = open(&overview, &world, 0);
    for number in 0..70_000 {
        let changes = [becomes(number % 3 + 1, Status::Offline, number)];
        world.fleet.roster.apply(&changes);
    }
    world.fleet.roster.relocate(&[AgentId::from_bits(2)], DomainId(4));
    overview.beat(&world.fleet.roster, 100);
    assert_eq!(follow(&mut shown, &mut messages), []);
    assert!(overview.beat(&world.fleet.roster, 500));
    let told = follow(&mut shown, &mut messages);
    assert!(matches!(
        &told[..],
        [
            ToTable::Tree { .. },
            ToTable::Counts { whole: true, .. },
            ToTable::Happened { whole: true, .. }
        ]
    ));
    assert_eq!(shown.counts, counted_anew(&world, &Scope::All).1);
    assert_eq!(shown.happened[0].id.bits(), 69_999);
}

#[tokio::test]
async fn of_a_storm_the_newest_are_told() {
    let world = World::new(1).await;
    let overview = Overview::new(Scope::All);
    let (mut shown, mut messages) = open(&overview, &world, 0);
    for number in 0..1_500 {
        world.fleet.roster.apply(&[becomes(1, Status::Offline, number)]);
    }
    overview.beat(&world.fleet.roster, 100);
    follow(&mut shown, &mut messages);
    assert_eq!(shown.happened.len(), MOST_HAPPENED);
    assert_eq!(shown.happened[0].id.bits(), 1_499);
}
