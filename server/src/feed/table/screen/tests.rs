//! What a screen was told is what there is, and it is told nothing twice.

use proptest::prelude::*;
use rollcall_shared::feed::table::Query;
use rollcall_shared::{DomainId, Status};

use super::super::order::Order;
use super::super::sought::plain;
use super::super::testing::Shown;
use super::super::testing::world::{Happens, World, happens, queries, scopes};
use super::*;

/// A screen, the list that it looks at, and what it has by what it was told.
struct Looking {
    screen: Screen,
    order: Order,
    stamps: Stamps,
    shown: Shown,
}

impl Looking {
    fn new(scope: &Scope) -> Self {
        Self {
            screen: Screen::new(scope.clone()),
            order: Order::new(scope.clone(), Query::default()),
            stamps: Stamps::default(),
            shown: Shown::default(),
        }
    }

    fn ask(&mut self, number: u32, query: Query, first: u32, count: u32) {
        self.order = Order::new(self.screen.scope.clone(), plain(query));
        self.screen.ask(number, first, count);
    }

    /// Looks, and gives how many messages were sent.
    fn look(&mut self, world: &World) -> usize {
        let roster = &world.fleet.roster;
        self.order.follow(roster, 0);
        let view = roster.view();
        self.stamps.follow(&view);
        let window = self.screen.window(self.order.rows(), &self.stamps, &view, 0);
        let opened = self.screen.opened(&self.stamps, &view, 0);
        let told = window.into_iter().chain(opened);
        told.map(|message| self.shown.take(message)).count()
    }

    /// Whether it has what there is.
    fn is_right(&self, world: &World, first: u32, count: u32) {
        let view = world.fleet.roster.view();
        let found = self.order.rows();
        assert_eq!(self.shown.total as usize, found.len());
        let most = found.len().saturating_sub(count as usize);
        let first = most.min(first as usize);
        assert_eq!(self.shown.first as usize, first);
        let expected = &found[first..found.len().min(first + count as usize)];
        assert_eq!(self.shown.order, expected);
        let now = |row: u32| view.row(&self.screen.scope, row).map(encode::row);
        for row in expected {
            assert_eq!(self.shown.rows.get(row), now(*row).as_ref());
        }
        if let Some((id, agent)) = self.shown.opened.last() {
            let number = view.number_of(&self.screen.scope, *id);
            assert_eq!(*agent, number.and_then(now));
        }
    }
}

/// What a screen may do, besides what happens to the fleet.
#[derive(Debug, Clone)]
enum Does {
    Nothing(Happens),
    Looks,
    Asks(Query, u32, u32),
    Opens(u64),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_a_screen_has_what_is_in_its_window(
        does in prop::collection::vec(prop_oneof![
            5 => happens().prop_map(Does::Nothing),
            3 => Just(Does::Looks),
            1 => (queries(), 0..12_u32, 0..8_u32).prop_map(|(query, first, count)| Does::Asks(query, first, count)),
            1 => (1..14_u64).prop_map(Does::Opens),
        ], 1..80),
        scope in scopes(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let mut world = World::new(9).await;
            let mut looking = Looking::new(&scope);
            let (mut number, mut first, mut count) = (1, 2, 4);
            looking.ask(number, Query::default(), first, count);
            for what in does {
                match what {
                    Does::Nothing(happens) => {
                        world.happens(happens).await;
                        continue;
                    }
                    Does::Looks => {}
                    Does::Asks(query, from, many) => {
                        (number, first, count) = (number + 1, from, many);
                        looking.ask(number, query, first, count);
                    }
                    Does::Opens(agent) => looking.screen.open(Some(AgentId::from_bits(agent))),
                }
                looking.look(&world);
                assert_eq!(looking.shown.number, number);
                looking.is_right(&world, first, count);
                assert_eq!(looking.look(&world), 0, "nothing is told twice");
            }
        });
    }
}

#[tokio::test]
async fn only_rows_that_are_new_to_a_window_or_were_touched_are_sent() {
    let mut world = World::new(6).await;
    let mut looking = Looking::new(&Scope::All);
    looking.ask(1, Query::default(), 0, 3);
    assert_eq!(looking.look(&world), 1);
    assert_eq!(looking.shown.rows_sent, 3);
    // One row further: one is new.
    looking.ask(2, Query::default(), 1, 3);
    looking.look(&world);
    assert_eq!(looking.shown.rows_sent, 4);
    // Another order of the same.
    let turned = Query {
        descending: true,
        ..Query::default()
    };
    looking.ask(3, turned, 2, 3);
    looking.look(&world);
    assert_eq!(looking.shown.names(), ["machine-4", "machine-3", "machine-2"]);
    assert_eq!(looking.shown.rows_sent, 4);
    // Who is touched in it is sent, who is beside it is not; who comes beside it changes how many there are.
    world.happens(Happens::Becomes(3, Status::Offline)).await;
    looking.look(&world);
    assert_eq!(looking.shown.rows_sent, 5);
    world.happens(Happens::Becomes(6, Status::Offline)).await;
    assert_eq!(looking.look(&world), 0);
    world.happens(Happens::Becomes(1, Status::Retired)).await;
    assert_eq!(looking.look(&world), 1);
    assert_eq!((looking.shown.total, looking.shown.rows_sent), (5, 5));
    // The same again is answered, with nothing in it.
    let windows = looking.shown.windows;
    looking.screen.ask(4, 2, 3);
    assert_eq!(looking.look(&world), 1);
    assert_eq!(
        (
            looking.shown.number,
            looking.shown.windows,
            looking.shown.rows_sent
        ),
        (4, windows + 1, 5)
    );
}

#[tokio::test]
async fn an_agent_that_goes_out_of_sight_leaves_the_window_and_what_is_opened() {
    let mut world = World::new(2).await;
    world.happens(Happens::IsPut(1, 2)).await;
    let scope = Scope::Domains([DomainId(2)].into());
    let mut looking = Looking::new(&scope);
    looking.ask(1, Query::default(), 0, 5);
    looking.screen.open(Some(AgentId::from_bits(1)));
    assert_eq!(looking.look(&world), 2);
    assert_eq!(looking.shown.names(), ["machine-1"]);
    assert!(looking.shown.opened[0].1.is_some());
    world.happens(Happens::IsPut(1, 1)).await;
    // The list may not have followed yet.
    let roster = &world.fleet.roster;
    let view = roster.view();
    looking.stamps.follow(&view);
    let window = looking
        .screen
        .window(looking.order.rows(), &looking.stamps, &view, 0)
        .unwrap();
    looking.shown.take(window);
    assert!(looking.shown.order.is_empty());
    drop(view);
    assert_eq!(looking.look(&world), 2);
    assert_eq!((looking.shown.total, looking.shown.order.len()), (0, 0));
    assert_eq!(looking.shown.opened[1].1, None);
}
