//! The roster beside a real engine: what people see, and that they see nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rollcall_presence::{EngineTime, Rulebook};
use rollcall_shared::{DomainId, Settings};

use super::*;
use crate::clock::Clock;
use crate::engine::Start;
use crate::store::domains::DomainRecord;

fn an_engine() -> Engine {
    let start = Start {
        resumed: EngineTime::ZERO,
        saved_wall_ms: None,
        rulebook: Arc::new(Rulebook::new(1, &Settings::default(), Duration::from_mins(1))),
        last_transition: None,
    };
    let (engine, prepared) = Engine::prepare(Clock::start(), &start);
    prepared.start(Vec::new()).unwrap();
    engine
}

fn a_record(bits: u64, domain: i32) -> AgentRecord {
    AgentRecord {
        id: AgentId::from_bits(bits),
        name: format!("machine-{bits}"),
        domain: DomainId(domain),
        platform: String::new(),
        machine_id: String::new(),
        agent_version: String::new(),
        secret_hash: [0; 32],
        status: Status::Pending,
        since_ms: 1,
        cause: Cause::Enrolled,
        last_contact: None,
        address: None,
        boot: None,
        applied: 0,
        enrolled_at_ms: 1,
        local_address: None,
        notify_port: None,
        proof_key: None,
        retired_by: None,
        addresses: Vec::new(),
    }
}

async fn a_roster_of_three() -> Roster {
    let engine = an_engine();
    let roster = Roster::new(engine.clone());
    for (bits, domain) in [(3, 1), (1, 2), (2, 1)] {
        let record = a_record(bits, domain);
        let place = engine.enrol(record.id).await.unwrap();
        roster.insert(&record, place);
    }
    roster
}

fn names(agents: &[Agent]) -> Vec<&str> {
    agents.iter().map(|agent| agent.name.as_str()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let roster = a_roster_of_three().await;
    let first = roster.page(&Scope::All, None, 2);
    assert_eq!(names(&first), ["machine-1", "machine-2"]);
    let second = roster.page(&Scope::All, first.last().map(|agent| agent.id), 2);
    assert_eq!(names(&second), ["machine-3"]);
}

#[tokio::test]
async fn who_may_see_one_domain_sees_nothing_of_another() {
    let roster = a_roster_of_three().await;
    let scope = Scope::Domains(BTreeSet::from([DomainId(2)]));
    assert_eq!(names(&roster.page(&scope, None, 10)), ["machine-1"]);
    assert!(roster.get(&scope, AgentId::from_bits(2)).is_none());
    let view = roster.view();
    assert_eq!(view.rows(&scope).count(), 1);
    assert_eq!(view.since(&scope, Cursor::default()).unwrap().rows, [1]);
    assert!(view.row(&scope, 0).is_none());
}

fn a_domain(id: i32, parent: i32) -> DomainRecord {
    DomainRecord {
        id: DomainId(id),
        parent: Some(DomainId(parent)),
        name: format!("d{id}"),
    }
}

fn only(domain: i32) -> Scope {
    Scope::Domains(BTreeSet::from([DomainId(domain)]))
}

#[tokio::test]
async fn a_move_is_told_to_who_sees_both_and_is_a_coming_or_a_going_to_who_sees_one() {
    let roster = a_roster_of_three().await;
    let root = DomainRecord {
        parent: None,
        ..a_domain(1, 1)
    };
    roster.plant(vec![root, a_domain(2, 1), a_domain(3, 2)]);
    let before = roster.view().cursor();
    // From 1 to 3, which is below 2.
    roster.relocate(&[AgentId::from_bits(3), AgentId::from_bits(99)], DomainId(3));
    // To where it is: nothing to tell.
    roster.relocate(&[AgentId::from_bits(1)], DomainId(2));
    let view = roster.view();
    let told = |scope| view.since(&scope, before).unwrap();
    let moved = Told {
        moved: vec![(0, DomainId(3))],
        ..Told::default()
    };
    assert_eq!(told(Scope::All), moved);
    assert_eq!(
        told(only(2)),
        Told {
            rows: vec![0],
            ..Told::default()
        }
    );
    assert_eq!(told(only(5)), Told::default());
    drop(view);
    let before = roster.view().cursor();
    roster.relocate(&[AgentId::from_bits(3)], DomainId::ROOT);
    let view = roster.view();
    let gone = Told {
        gone: vec![0],
        ..Told::default()
    };
    assert_eq!(view.since(&only(2), before).unwrap(), gone);
    assert_eq!(names(&roster.page(&only(2), None, 9)), ["machine-1"]);
}

#[tokio::test]
async fn a_branch_that_moves_makes_limited_lookers_look_anew() {
    let roster = a_roster_of_three().await;
    let root = DomainRecord {
        parent: None,
        ..a_domain(1, 1)
    };
    roster.plant(vec![root, a_domain(2, 1), a_domain(3, 1)]);
    let before = roster.view().cursor();
    roster.put_domain(DomainRecord {
        name: "renamed".to_owned(),
        ..a_domain(2, 1)
    });
    let view = roster.view();
    assert!(view.since(&only(3), before).unwrap().tree);
    drop(view);
    roster.put_domain(a_domain(2, 3));
    let view = roster.view();
    assert_eq!(view.since(&only(3), before), None);
    assert!(view.since(&Scope::All, before).unwrap().tree);
    assert_eq!(view.rows(&only(3)).count(), 1);
    let counts: Vec<(i32, u32, u32)> = roster
        .domains(&Scope::All)
        .iter()
        .map(|domain| (domain.id.0, domain.agents.pending, domain.with_below.pending))
        .collect();
    assert_eq!(counts, [(1, 2, 3), (2, 1, 1), (3, 0, 1)]);
}

#[tokio::test]
async fn a_folded_stop_is_not_among_the_latest() {
    let roster = a_roster_of_three().await;
    let change = |id, to, folds: Option<u64>| Change {
        id: TransitionId::from_bits(id),
        agent: AgentId::from_bits(1),
        at_ms: 7,
        from: Status::Online,
        to,
        cause: Cause::Retired,
        last_contact: None,
        folds: folds.map(TransitionId::from_bits),
        published: std::time::Duration::ZERO,
    };
    roster.apply(&[
        change(1, Status::Offline, None),
        change(2, Status::Online, Some(1)),
    ]);
    let latest: Vec<u64> = roster
        .view()
        .latest(&Scope::All)
        .map(|change| change.id.bits())
        .collect();
    assert_eq!(latest, [2]);
}

#[tokio::test]
async fn a_registration_that_tells_nothing_new_is_no_change() {
    let roster = a_roster_of_three().await;
    let registration = Registration {
        name: "renamed".to_owned(),
        platform: "Debian".to_owned(),
        agent_version: "0.1.0".to_owned(),
        address: IpAddr::from([127, 0, 0, 1]),
        listens: Listens::default(),
        addresses: Vec::new(),
        boot: BootId::from_bits(1).unwrap(),
    };
    assert!(roster.register(AgentId::from_bits(1), &registration));
    assert!(!roster.register(AgentId::from_bits(1), &registration));
    let (_, agent) = roster.get(&Scope::All, AgentId::from_bits(1)).unwrap();
    assert_eq!(agent.name, "renamed");
}
