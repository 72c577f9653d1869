//! The feed as a console sees it: a snapshot, then every delta once, and nothing in between.

use rollcall_presence::{Addresses, EngineTime, Event, Rulebook};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::feed::ToConsole;
use rollcall_shared::{AgentId, BootId, Cause, DomainId, RegisterReason, Settings, Status};

use super::*;
use crate::engine::{Engine, News, Start};
use crate::store::agents::AgentRecord;
use crate::store::domains::DomainRecord;

pub(super) struct Fleet {
    pub(super) engine: Engine,
    pub(super) roster: Arc<Roster>,
    pub(super) hub: Hub,
}

impl Fleet {
    pub(super) fn new() -> Self {
        let clock = Clock::start();
        let start = Start {
            resumed: EngineTime::ZERO,
            saved_wall_ms: None,
            rulebook: Arc::new(Rulebook::new(1, &Settings::default(), Duration::from_mins(1))),
            last_transition: None,
        };
        let (engine, prepared) = Engine::prepare(clock, &start);
        let roster = Arc::new(Roster::new(engine.clone()));
        let follower = Arc::clone(&roster);
        prepared
            .start(vec![Box::new(move |news| {
                if let News::Changes(changes) = news {
                    follower.apply(changes);
                }
            })])
            .unwrap();
        Self {
            engine,
            hub: Hub::new(Arc::clone(&roster), clock, "abc"),
            roster,
        }
    }

    pub(super) async fn enrol(&self, bits: u64) -> rollcall_presence::Place {
        let record = record(bits);
        let place = self.engine.enrol(record.id).await.unwrap();
        self.roster.insert(&record, place);
        place
    }
}

/// What the store would know of an agent.
pub(crate) fn record(bits: u64) -> AgentRecord {
    AgentRecord {
        id: AgentId::from_bits(bits),
        name: format!("machine-{bits}"),
        domain: DomainId::ROOT,
        platform: String::new(),
        machine_id: String::new(),
        agent_version: String::new(),
        secret_hash: [0; 32],
        status: Status::Pending,
        since_ms: 0,
        cause: Cause::Enrolled,
        last_contact: None,
        address: None,
        boot: None,
        applied: 0,
        enrolled_at_ms: 0,
        local_address: None,
        notify_port: None,
        proof_key: None,
        retired_by: None,
        addresses: Vec::new(),
    }
}

fn read(bytes: &Bytes) -> ToConsole {
    postcard::from_bytes(bytes).unwrap()
}

/// The next message that is not a pulse, beating by hand until there is one.
fn next(fleet: &Fleet, messages: &mut broadcast::Receiver<Bytes>) -> ToConsole {
    loop {
        match messages.try_recv() {
            Ok(bytes) => match read(&bytes) {
                ToConsole::Pulse { .. } => {}
                message => return message,
            },
            Err(broadcast::error::TryRecvError::Empty) => {
                fleet.hub.beat();
                std::thread::yield_now();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_snapshot_is_followed_by_the_next_number() {
    let fleet = Fleet::new();
    let place = fleet.enrol(1).await;
    let mut subscription = fleet.hub.subscribe(&Scope::All);
    let ToConsole::Snapshot {
        sequence,
        first,
        last,
        rows,
        ..
    } = read(&subscription.opening[0])
    else {
        panic!()
    };
    assert_eq!((sequence, first, last, rows.len()), (0, true, true, 1));
    let register = Event::Register {
        fence: Fence {
            boot: BootId::from_bits(1).unwrap(),
            sequence: 1,
            applied: 0,
        },
        reason: RegisterReason::Install,
        addresses: Addresses::default(),
    };
    fleet.engine.handle(place, register).await.unwrap();
    let ToConsole::Delta {
        sequence, changes, ..
    } = next(&fleet, &mut subscription.messages)
    else {
        panic!()
    };
    assert_eq!(sequence, 1);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].row, changes[0].to), (0, Status::Online));
}

#[tokio::test]
async fn who_comes_later_and_who_was_there_are_told_the_same_from_then_on() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let mut early = fleet.hub.subscribe(&Scope::All);
    fleet.enrol(2).await;
    let mut late = fleet.hub.subscribe(&Scope::All);
    let ToConsole::Snapshot { sequence, rows, .. } = read(&late.opening[0]) else {
        panic!()
    };
    assert_eq!((sequence, rows.len()), (1, 2));
    assert!(matches!(
        next(&fleet, &mut early.messages),
        ToConsole::Delta { sequence: 1, .. }
    ));
    fleet.enrol(3).await;
    let told = [
        next(&fleet, &mut early.messages),
        next(&fleet, &mut late.messages),
    ];
    assert_eq!(told[0], told[1]);
    assert!(matches!(&told[0], ToConsole::Delta { sequence: 2, rows, .. } if rows.len() == 1));
}

#[tokio::test]
async fn a_large_fleet_comes_in_parts_that_say_where_they_begin_and_end() {
    let fleet = Fleet::new();
    for bits in 0..4_500 {
        fleet.enrol(bits).await;
    }
    let parts: Vec<_> = fleet
        .hub
        .subscribe(&Scope::All)
        .opening
        .iter()
        .map(read)
        .collect();
    let marks: Vec<_> = parts
        .iter()
        .map(|part| match part {
            ToConsole::Snapshot {
                first, last, rows, ..
            } => (*first, *last, rows.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        marks,
        [(true, false, 2_000), (false, false, 2_000), (false, true, 500)]
    );
}

#[tokio::test]
async fn more_than_one_message_can_say_is_said_in_a_snapshot() {
    let fleet = Fleet::new();
    let mut messages = fleet.hub.subscribe(&Scope::All).messages;
    for bits in 0..4_500 {
        let named = AgentRecord {
            name: "\u{1f5a5}".repeat(253),
            ..record(bits)
        };
        let place = fleet.engine.enrol(named.id).await.unwrap();
        fleet.roster.insert(&named, place);
    }
    fleet.hub.beat();
    // Two more than the console has: it asks for a snapshot.
    let pulse = read(&messages.try_recv().unwrap());
    assert!(matches!(pulse, ToConsole::Pulse { sequence: 2, .. }), "{pulse:?}");
    let snapshot = fleet.hub.subscribe(&Scope::All).opening;
    assert!(snapshot.iter().all(|part| part.len() < 2 * encode::A_PART));
    let rows = snapshot.iter().map(|part| match read(part) {
        ToConsole::Snapshot {
            sequence: 2, rows, ..
        } => rows.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(rows.sum::<usize>(), 4_500);
}

#[tokio::test]
async fn a_console_that_stalls_misses_messages_instead_of_queueing_them() {
    let fleet = Fleet::new();
    let mut stalled = fleet.hub.subscribe(&Scope::All);
    for bits in 0..200 {
        fleet.enrol(bits).await;
        fleet.hub.beat();
    }
    assert!(matches!(
        stalled.messages.try_recv(),
        Err(broadcast::error::TryRecvError::Lagged(_))
    ));
    let again = fleet.hub.subscribe(&Scope::All);
    assert!(matches!(
        read(&again.opening[0]),
        ToConsole::Snapshot { sequence: 200, .. }
    ));
}

#[tokio::test]
async fn a_channel_that_nobody_watches_is_dropped() {
    let fleet = Fleet::new();
    let subscription = fleet.hub.subscribe(&Scope::All);
    fleet.hub.beat();
    assert_eq!(fleet.hub.0.channels.lock().len(), 1);
    drop(subscription);
    fleet.hub.beat();
    assert_eq!(fleet.hub.0.channels.lock().len(), 0);
}

#[tokio::test]
async fn contacts_are_sent_for_the_rows_on_the_screen_and_only_where_they_changed() {
    let fleet = Fleet::new();
    let place = fleet.enrol(1).await;
    fleet.enrol(2).await;
    let register = Event::Register {
        fence: Fence {
            boot: BootId::from_bits(1).unwrap(),
            sequence: 1,
            applied: 0,
        },
        reason: RegisterReason::Install,
        addresses: Addresses::default(),
    };
    fleet.engine.handle(place, register).await.unwrap();
    let mut known = HashMap::new();
    let message = fleet.hub.contacts(&Scope::All, &[0, 1, 99], &mut known).unwrap();
    let ToConsole::Contacts { contacts, .. } = read(&message) else {
        panic!()
    };
    assert_eq!(contacts.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [0]);
    assert_eq!(fleet.hub.contacts(&Scope::All, &[0, 1, 99], &mut known), None);
}

#[tokio::test]
async fn a_move_is_a_few_bytes_and_the_tree_is_told_when_it_changes() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let root = DomainRecord {
        id: DomainId::ROOT,
        parent: None,
        name: "All".to_owned(),
    };
    fleet.roster.plant(vec![root.clone()]);
    let mut everybody = fleet.hub.subscribe(&Scope::All);
    let ToConsole::Snapshot { domains, .. } = read(&everybody.opening[0]) else {
        panic!()
    };
    assert_eq!(domains.len(), 1);
    let berlin = DomainRecord {
        id: DomainId(2),
        parent: Some(DomainId::ROOT),
        name: "Berlin".to_owned(),
    };
    fleet.roster.put_domain(berlin);
    let ToConsole::Delta { domains, .. } = next(&fleet, &mut everybody.messages) else {
        panic!()
    };
    assert_eq!(domains.map(|domains| domains.len()), Some(2));
    fleet.roster.relocate(&[AgentId::from_bits(1)], DomainId(2));
    let ToConsole::Delta {
        domains, rows, moved, ..
    } = next(&fleet, &mut everybody.messages)
    else {
        panic!()
    };
    assert_eq!((domains, rows, moved), (None, Vec::new(), vec![(0, DomainId(2))]));
}

#[tokio::test]
async fn who_may_see_one_domain_is_sent_who_comes_and_told_who_goes() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let scope = Scope::Domains([DomainId(2)].into());
    let mut limited = fleet.hub.subscribe(&scope);
    fleet.roster.relocate(&[AgentId::from_bits(1)], DomainId(2));
    let ToConsole::Delta {
        rows, moved, gone, ..
    } = next(&fleet, &mut limited.messages)
    else {
        panic!()
    };
    assert_eq!((rows.len(), moved, gone), (1, Vec::new(), Vec::new()));
    fleet.roster.relocate(&[AgentId::from_bits(1)], DomainId::ROOT);
    let ToConsole::Delta { rows, gone, .. } = next(&fleet, &mut limited.messages) else {
        panic!()
    };
    assert_eq!((rows, gone), (Vec::new(), vec![0]));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the paused clock of a test, not the machine's"
)]
fn paused_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[tokio::test(start_paused = true)]
async fn after_a_calm_the_first_change_is_told_at_once_and_the_next_with_the_beat() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let mut subscription = fleet.hub.subscribe(&Scope::All);
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(fleet.hub.clone().run(stopped));
    // Between two beats, so that which of the two comes first is no question.
    tokio::time::sleep(BEAT * 3 + BEAT / 2).await;
    while subscription.messages.try_recv().is_ok() {}
    let mut seen = paused_now();
    for (address, after) in [(1, GATHER), (2, BEAT), (3, BEAT)] {
        fleet
            .roster
            .moved(AgentId::from_bits(1), [192, 0, 2, address].into());
        let message = subscription.messages.recv().await.unwrap();
        assert!(matches!(read(&message), ToConsole::Delta { .. }));
        assert_eq!(seen.elapsed(), after, "address {address}");
        seen = paused_now();
    }
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_new_domain_after_a_calm_is_told_at_once_and_ends_the_calm() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let mut subscription = fleet.hub.subscribe(&Scope::All);
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(fleet.hub.clone().run(stopped));
    tokio::time::sleep(BEAT * 3 + BEAT / 2).await;
    while subscription.messages.try_recv().is_ok() {}
    let mut seen = paused_now();
    for (id, after) in [(2, GATHER), (3, BEAT)] {
        fleet.roster.put_domain(DomainRecord {
            id: DomainId(id),
            parent: Some(DomainId::ROOT),
            name: format!("floor {id}"),
        });
        let message = subscription.messages.recv().await.unwrap();
        assert!(matches!(
            read(&message),
            ToConsole::Delta { domains: Some(_), .. }
        ));
        assert_eq!(seen.elapsed(), after, "domain {id}");
        seen = paused_now();
    }
    running.abort();
}

/// Something that every console is told of.
fn changed(fleet: &Fleet, number: u64) {
    fleet.roster.apply(&[crate::engine::Change {
        id: rollcall_shared::TransitionId::from_bits(number),
        agent: AgentId::from_bits(1),
        at_ms: 0,
        from: Status::Online,
        to: if number.is_multiple_of(2) {
            Status::Online
        } else {
            Status::Offline
        },
        cause: Cause::Enrolled,
        last_contact: None,
        folds: None,
        published: Duration::ZERO,
    }]);
}

/// How long it takes until changes come, and how many.
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime's clock, which stands still in these tests"
)]
async fn told(messages: &mut broadcast::Receiver<Bytes>) -> (u128, usize) {
    let begun = tokio::time::Instant::now();
    loop {
        if let ToConsole::Delta { changes, .. } = read(&messages.recv().await.unwrap()) {
            return (begun.elapsed().as_millis(), changes.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_calm_a_change_is_told_at_once_a_burst_together_and_what_follows_by_the_beat() {
    let fleet = Fleet::new();
    fleet.enrol(1).await;
    let mut messages = fleet.hub.subscribe(&Scope::All).messages;
    let (_go_on, stop) = watch::channel(false);
    let running = tokio::spawn(fleet.hub.clone().run(stop));
    // Between two beats.
    tokio::time::sleep(4 * BEAT + BEAT / 3).await;
    // Of the enrolment.
    while messages.try_recv().is_ok() {}
    changed(&fleet, 1);
    let (took, count) = told(&mut messages).await;
    assert_eq!(count, 1);
    assert!(
        (5..=7).contains(&took),
        "{took} ms: once no more came for {GATHER:?}"
    );

    // What comes now waits for the beat.
    changed(&fleet, 2);
    let (took, _) = told(&mut messages).await;
    assert!((90..=105).contains(&took), "{took} ms: by the beat");

    // Between two beats.
    tokio::time::sleep(4 * BEAT + BEAT / 3).await;
    let fleet = Arc::new(fleet);
    let bursting = Arc::clone(&fleet);
    let burst = tokio::spawn(async move {
        for number in 3..53 {
            changed(&bursting, number);
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    });
    let (took, count) = told(&mut messages).await;
    let most = u128::from(GATHERED_AT_MOST) * GATHER.as_millis();
    assert!(
        (most..=most + 12).contains(&took),
        "{took} ms: a burst that goes on is told after {most}"
    );
    assert!(count > 10, "{count} changes together");
    let (took, count) = told(&mut messages).await;
    assert!(
        (90..=105).contains(&took),
        "{took} ms, {count} changes: the rest by the beat"
    );
    burst.await.unwrap();
    running.abort();
}
