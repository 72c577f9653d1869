//! Walls that follow by cells see what a wall sees that opens anew.

use proptest::prelude::*;
use rollcall_shared::{AgentId, Cause, DomainId, TransitionId};

use super::super::tests::Fleet;
use super::*;
use crate::engine::Change;
use crate::store::domains::DomainRecord;

/// A wall as a screen keeps it: the group's name and the status of each cell.
#[derive(Debug, Default, PartialEq, Eq)]
struct Screen {
    sequence: u64,
    cells: Vec<(String, Status)>,
    pictures: usize,
}

impl Screen {
    fn take(&mut self, bytes: &Bytes) {
        match postcard::from_bytes(bytes).unwrap() {
            ToWall::Picture {
                sequence,
                first,
                groups,
                ..
            } => {
                if first {
                    self.cells.clear();
                    self.pictures += 1;
                }
                self.sequence = sequence;
                for group in groups {
                    for (count, status) in group.runs {
                        let run = std::iter::repeat_n((group.path.join(" › "), status), count as usize);
                        self.cells.extend(run);
                    }
                }
            }
            ToWall::Cells { sequence, cells, .. } => {
                assert_eq!(sequence, self.sequence + 1);
                self.sequence = sequence;
                for (cell, status) in cells {
                    self.cells[cell as usize].1 = status;
                }
            }
            ToWall::Pulse { sequence, .. } => assert_eq!(sequence, self.sequence),
            ToWall::Hello { .. } | ToWall::Known { .. } => {}
        }
    }

    fn open(wall: &Wall, fleet: &Fleet, now_ms: i64) -> (Self, broadcast::Receiver<Bytes>) {
        let subscription = wall.subscribe(&fleet.roster, now_ms);
        let mut screen = Self::default();
        for part in &subscription.opening {
            screen.take(part);
        }
        (screen, subscription.messages)
    }

    fn follow(&mut self, messages: &mut broadcast::Receiver<Bytes>) {
        while let Ok(bytes) = messages.try_recv() {
            self.take(&bytes);
        }
    }

    /// What is seen, without the places of who was retired.
    fn seen(&self) -> Vec<(String, Status)> {
        let seen = self.cells.iter().filter(|(_, status)| *status != Status::Retired);
        seen.cloned().collect()
    }
}

fn becomes(agent: u64, to: Status) -> Change {
    Change {
        id: TransitionId::from_bits(agent),
        agent: AgentId::from_bits(agent),
        at_ms: 5,
        from: Status::Online,
        to,
        cause: Cause::Address,
        last_contact: None,
        folds: None,
        published: std::time::Duration::ZERO,
    }
}

async fn planted(agents: u64) -> Fleet {
    let fleet = Fleet::new();
    let domain = |id, parent, name: &str| DomainRecord {
        id: DomainId(id),
        parent,
        name: name.to_owned(),
    };
    let root = Some(DomainId::ROOT);
    fleet.roster.plant(vec![
        domain(DomainId::ROOT.0, None, "All"),
        domain(2, root, "berlin"),
        domain(3, root, "Aachen"),
    ]);
    for agent in 1..=agents {
        fleet.enrol(agent).await;
    }
    fleet
}

#[tokio::test]
async fn cells_stand_by_domain_and_a_change_says_only_which_and_what() {
    let fleet = planted(4).await;
    fleet
        .roster
        .relocate(&[AgentId::from_bits(1), AgentId::from_bits(4)], DomainId(2));
    fleet.roster.relocate(&[AgentId::from_bits(2)], DomainId(3));
    let wall = Wall::new(Scope::All, Grouping::Domain);
    let subscription = wall.subscribe(&fleet.roster, 0);
    let ToWall::Picture { groups, .. } = postcard::from_bytes(&subscription.opening[0]).unwrap() else {
        panic!()
    };
    let told: Vec<_> = groups
        .iter()
        .map(|group| (group.path.join("/"), group.runs[0].0))
        .collect();
    let expected = [("All", 1), ("All/Aachen", 1), ("All/berlin", 2)];
    assert_eq!(told, expected.map(|(path, count)| (path.to_owned(), count)));

    let (mut screen, mut messages) = Screen::open(&wall, &fleet, 0);
    fleet
        .roster
        .apply(&[becomes(4, Status::Online), becomes(4, Status::Offline)]);
    wall.beat(&fleet.roster, 100);
    screen.follow(&mut messages);
    assert_eq!(screen.cells[3], ("All › berlin".to_owned(), Status::Offline));
    assert_eq!((screen.pictures, screen.sequence), (1, 2));

    let who = |picture, cell| {
        let answer = wall.who(&fleet.roster, Asked { picture, cell }, 0);
        match postcard::from_bytes(&answer).unwrap() {
            ToWall::Known { agent, .. } => agent.map(|row| row.id),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(who(1, 3), Some(AgentId::from_bits(4)));
    assert_eq!(who(1, 4), None);
    assert_eq!(who(1, u32::MAX), None);
    assert_eq!(who(0, 3), None, "of another picture");
}

#[tokio::test]
async fn many_who_come_are_one_picture_a_second() {
    let fleet = planted(1).await;
    let wall = Wall::new(Scope::All, Grouping::Domain);
    let (mut screen, mut messages) = Screen::open(&wall, &fleet, 0);
    for (beat, agent) in (1..=25).zip(2..) {
        fleet.enrol(agent).await;
        wall.beat(&fleet.roster, beat * 100);
    }
    screen.follow(&mut messages);
    assert_eq!(screen.pictures, 3);
    wall.beat(&fleet.roster, 3_000);
    screen.follow(&mut messages);
    assert_eq!((screen.pictures, screen.cells.len()), (4, 26));
}

#[tokio::test]
async fn a_wall_that_opens_beside_another_disturbs_it_only_where_somebody_came() {
    let fleet = planted(3).await;
    let wall = Wall::new(Scope::All, Grouping::Domain);
    let (mut first, mut messages) = Screen::open(&wall, &fleet, 0);
    fleet.roster.apply(&[becomes(2, Status::Offline)]);
    let (second, _others) = Screen::open(&wall, &fleet, 10);
    first.follow(&mut messages);
    assert_eq!((first.pictures, first.sequence), (1, second.sequence));
    assert_eq!(first.cells, second.cells);
    fleet.enrol(9).await;
    let (third, _others) = Screen::open(&wall, &fleet, 20);
    first.follow(&mut messages);
    assert_eq!((first.pictures, first.sequence), (2, third.sequence));
    assert_eq!(first.cells, third.cells);
}

#[test]
fn a_picture_of_many_runs_comes_in_parts_that_are_put_together() {
    let group = |number, runs| Group {
        number,
        path: vec!["All".to_owned()],
        runs: (0..runs)
            .map(|run| {
                (
                    1,
                    if run % 2 == 0 {
                        Status::Online
                    } else {
                        Status::Offline
                    },
                )
            })
            .collect(),
    };
    let runs = RUNS_A_PART;
    let groups = vec![group(1, runs / 2), group(2, 2 * runs), group(3, 7)];
    let parts = parts(groups, Vec::new(), (4, 1), 0);
    assert_eq!(parts.len(), 3);
    let mut screen = Screen::default();
    for part in &parts {
        screen.take(part);
    }
    assert_eq!(
        (screen.pictures, screen.cells.len()),
        (1, runs / 2 + 2 * runs + 7)
    );
    let alternates = screen.cells.chunk_by(|one, next| one.0 == next.0).all(|group| {
        (0..)
            .zip(group)
            .all(|(place, (_, status))| (place % 2 == 0) == (*status == Status::Online))
    });
    assert!(alternates);
    assert!(parts.iter().all(|part| part.len() < 256 * 1024));
}

#[test]
fn a_picture_of_domains_with_long_names_is_sent_in_parts() {
    let group = |number| Group {
        number,
        path: vec!["é".repeat(64); 17],
        runs: vec![(1, Status::Online), (2, Status::Offline)],
    };
    let parts = parts((0..1_000).map(group).collect(), Vec::new(), (4, 1), 0);
    assert!(parts.iter().all(|part| part.len() < 256 * 1024));
    let mut screen = Screen::default();
    for part in &parts {
        screen.take(part);
    }
    assert_eq!((screen.pictures, screen.cells.len()), (1, 3_000));
}

/// What may happen to a fleet.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Comes,
    Becomes(u64, Status),
    IsPut(u64, i32),
    IsSeenFrom(u64, u8),
    Beat,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_a_wall_that_follows_shows_what_one_shows_that_opens(
        happens in prop::collection::vec(prop_oneof![
            Just(Happens::Comes),
            (1..9_u64, 0..Status::ALL.len()).prop_map(|(agent, to)| Happens::Becomes(agent, Status::ALL[to])),
            (1..9_u64, 1..4_i32).prop_map(|(agent, domain)| Happens::IsPut(agent, domain)),
            (1..9_u64, 1..5_u8).prop_map(|(agent, from)| Happens::IsSeenFrom(agent, from)),
            Just(Happens::Beat),
        ], 0..60),
        grouping in 0..Grouping::ALL.len(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let fleet = planted(3).await;
            let wall = Wall::new(Scope::All, Grouping::ALL[grouping]);
            let (mut screen, mut messages) = Screen::open(&wall, &fleet, 0);
            let (mut now_ms, mut agents) = (0, 3);
            for happens in happens {
                match happens {
                    Happens::Comes => {
                        agents += 1;
                        fleet.enrol(agents).await;
                    }
                    // Nobody comes back from being retired.
                    Happens::Becomes(agent, to) => {
                        let known = fleet.roster.get(&Scope::All, AgentId::from_bits(agent));
                        if known.is_some_and(|(_, known)| known.status != Status::Retired) {
                            fleet.roster.apply(&[becomes(agent, to)]);
                        }
                    }
                    Happens::IsPut(agent, domain) => {
                        fleet.roster.relocate(&[AgentId::from_bits(agent)], DomainId(domain));
                    }
                    Happens::IsSeenFrom(agent, from) => {
                        fleet.roster.moved(AgentId::from_bits(agent), [203, 0, 113 + from % 2, from].into());
                    }
                    Happens::Beat => {
                        now_ms += 100;
                        wall.beat(&fleet.roster, now_ms);
                    }
                }
                screen.follow(&mut messages);
            }
            wall.beat(&fleet.roster, now_ms + 5_000);
            screen.follow(&mut messages);
            let (fresh, _) = Screen::open(&wall, &fleet, now_ms + 5_000);
            assert_eq!(screen.seen(), fresh.seen());
        });
    }
}

#[tokio::test]
async fn a_wall_that_somebody_is_about_to_subscribe_to_is_not_dropped() {
    let fleet = Fleet::new();
    let hub = &fleet.hub;
    drop(hub.subscribe_wall(&Scope::All, Grouping::Domain));
    let wall = hub.wall(&Scope::All, Grouping::Domain);
    hub.beat();
    let mut subscription = wall.subscribe(&fleet.roster, 0);
    drop(wall);
    hub.beat();
    let heard = subscription.messages.try_recv();
    assert_ne!(heard, Err(broadcast::error::TryRecvError::Closed));
    drop(subscription);
    hub.beat();
    assert!(hub.0.walls.lock().is_empty());
}
