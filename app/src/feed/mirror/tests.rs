use rollcall_shared::feed::Domain;
use rollcall_shared::feed::Row;
use rollcall_shared::feed::table::{Happened, ToTable};
use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status, TransitionId};

use super::*;

const SITE: DomainId = DomainId(2);

fn agent(number: u32) -> AgentId {
    AgentId::from_bits(u64::from(number) + 1_000)
}

fn row(number: u32, name: &str, status: Status) -> Row {
    Row {
        row: number,
        id: agent(number),
        name: name.to_owned(),
        domain: DomainId::ROOT,
        status,
        since_ms: 5_000,
        cause: Cause::Contact(ContactKind::Heartbeat),
        last_contact: Some((6_000, ContactKind::Heartbeat)),
        address: None,
        agent_version: "0.1.0".to_owned(),
        retired_by: None,
    }
}

fn window(total: u32, first: u32, order: Option<&[u32]>, rows: Vec<Row>) -> ToTable {
    ToTable::Window {
        now_ms: 10_000,
        number: 1,
        total,
        first,
        order: order.map(<[u32]>::to_vec),
        rows,
    }
}

fn counts(whole: bool, counts: &[(DomainId, Status, u32)]) -> ToTable {
    let of = |(domain, status, count): &(DomainId, Status, u32)| {
        (
            *domain,
            Status::ALL.map(|known| if known == *status { *count } else { 0 }),
        )
    };
    ToTable::Counts {
        now_ms: 10_000,
        whole,
        counts: counts.iter().map(of).collect(),
    }
}

fn happened(id: i64) -> Happened {
    Happened {
        id: TransitionId::from_bits(id.cast_unsigned()),
        agent: agent(7),
        name: "atm-1".to_owned(),
        at_ms: id,
        to: Status::Offline,
        cause: Cause::Retired,
    }
}

/// A connection that was opened: of nine agents, those at 3 and 4.
fn opened() -> Mirror {
    let mut mirror = Mirror::default();
    let rows = vec![row(7, "atm-1", Status::Online), row(8, "atm-2", Status::Online)];
    for (message, answer) in [
        (
            counts(true, &[(DomainId::ROOT, Status::Online, 9)]),
            Answer::Nothing,
        ),
        (window(9, 3, Some(&[7, 8]), rows), Answer::Draw),
    ] {
        assert_eq!(mirror.apply(message), answer);
    }
    mirror
}

fn names(mirror: &Mirror, positions: core::ops::Range<usize>) -> Vec<Option<&str>> {
    let at = |position| Some(mirror.fleet().at(position)?.name.as_str());
    positions.map(at).collect()
}

#[test]
fn a_window_says_who_stands_where_in_the_list_and_nothing_of_the_rest() {
    let mirror = opened();
    let fleet = mirror.fleet();
    assert_eq!((fleet.total(), fleet.on_the_roll()), (9, 9));
    assert_eq!(names(&mirror, 2..6), [None, Some("atm-1"), Some("atm-2"), None]);
    assert_eq!(fleet.position(agent(8)), Some(4));
    assert_eq!(fleet.agent(agent(8)).unwrap().name, "atm-2");
    assert_eq!(fleet.agent(agent(9)), None);
    assert!(!fleet.is_whole_list());
    assert_eq!(
        fleet.window(),
        [(agent(7), DomainId::ROOT), (agent(8), DomainId::ROOT)]
    );
}

#[test]
fn a_window_that_moves_keeps_the_rows_that_stay_and_lets_the_others_go() {
    let mut mirror = opened();
    let next = vec![row(9, "atm-3", Status::Online)];
    mirror.apply(window(9, 4, Some(&[8, 9]), next));
    assert_eq!(names(&mirror, 3..6), [None, Some("atm-2"), Some("atm-3")]);
    assert_eq!(mirror.fleet().rows.len(), 2);
    mirror.apply(window(10, 5, None, vec![row(9, "atm-3b", Status::Offline)]));
    assert_eq!(
        names(&mirror, 4..7),
        [None, Some("atm-2"), Some("atm-3b")],
        "somebody came before them"
    );
}

#[test]
fn what_an_earlier_connection_told_stays_until_the_window_of_the_next_one_is_here() {
    let mut mirror = opened();
    mirror.disconnected();
    assert!(!mirror.is_whole());
    assert_eq!(mirror.apply(ToTable::Pulse { now_ms: 11_000 }), Answer::Nothing);
    assert_eq!(names(&mirror, 3..5), [Some("atm-1"), Some("atm-2")]);
    // Another life of the server gives numbers anew.
    let other = vec![row(8, "kiosk", Status::Pending)];
    assert_eq!(mirror.apply(window(1, 0, Some(&[8]), other)), Answer::Draw);
    assert!(mirror.is_whole() && mirror.fleet().is_whole_list());
    assert_eq!(names(&mirror, 0..5), [Some("kiosk"), None, None, None, None]);
    assert_eq!(mirror.fleet().agent(agent(7)), None);
}

#[test]
fn counts_are_of_the_domains_that_are_named_and_add_up() {
    let mut mirror = opened();
    mirror.apply(ToTable::Tree {
        now_ms: 1,
        domains: vec![
            Domain {
                id: DomainId::ROOT,
                parent: None,
                name: "All".to_owned(),
            },
            Domain {
                id: SITE,
                parent: Some(DomainId::ROOT),
                name: "Oslo".to_owned(),
            },
        ],
    });
    mirror.apply(counts(false, &[(SITE, Status::Retired, 2)]));
    mirror.apply(counts(false, &[(DomainId::ROOT, Status::Offline, 7)]));
    let fleet = mirror.fleet();
    assert_eq!(
        (fleet.count(Status::Online), fleet.count(Status::Offline)),
        (0, 7)
    );
    assert_eq!((fleet.count_all(), fleet.on_the_roll()), (9, 7));
    assert_eq!(fleet.tree().count_below(DomainId::ROOT, Status::Retired), 2);
    mirror.apply(counts(true, &[(SITE, Status::Online, 1)]));
    assert_eq!((mirror.fleet().count_all(), mirror.fleet().on_the_roll()), (1, 1));
    assert_eq!(
        mirror.fleet().tree().count_below(DomainId::ROOT, Status::Offline),
        0
    );
}

#[test]
fn what_happened_stands_newest_first_and_the_oldest_is_let_go() {
    let mut mirror = opened();
    let told = |whole, ids: &[i64]| ToTable::Happened {
        now_ms: 1,
        whole,
        happened: ids.iter().copied().map(happened).collect(),
    };
    mirror.apply(told(true, &[2, 1]));
    mirror.apply(told(false, &[4, 3]));
    let held = |mirror: &Mirror| -> Vec<i64> {
        let events = mirror.fleet().events().iter();
        events.map(|event| event.id.as_i64()).collect()
    };
    assert_eq!(held(&mirror), [4, 3, 2, 1]);
    for id in 5..2_000 {
        mirror.apply(told(false, &[id]));
    }
    assert_eq!(held(&mirror).len(), MOST_EVENTS);
    assert_eq!(held(&mirror)[0], 1_999);
    mirror.apply(told(true, &[7]));
    assert_eq!(held(&mirror), [7], "a new connection tells the latest anew");
}

#[test]
fn the_opened_agent_is_known_wherever_it_stands_until_another_is_opened() {
    let mut mirror = opened();
    let open = |number, agent| ToTable::Opened {
        now_ms: 1,
        id: self::agent(number),
        agent,
    };
    mirror.opened(Some(agent(50)));
    mirror.apply(open(50, Some(row(50, "far", Status::Offline))));
    assert_eq!(mirror.fleet().agent(agent(50)).unwrap().name, "far");
    assert_eq!(mirror.fleet().position(agent(50)), None);
    mirror.apply(ToTable::Contacts {
        now_ms: 20_000,
        contacts: vec![(50, 300, ContactKind::Poll), (8, 200, ContactKind::Heartbeat)],
    });
    let heard = |number| mirror.fleet().agent(agent(number)).unwrap().last_contact;
    assert_eq!(heard(50), Some((19_700, ContactKind::Poll)));
    assert_eq!(heard(8), Some((19_800, ContactKind::Heartbeat)));
    mirror.opened(Some(agent(50)));
    assert!(mirror.fleet().agent(agent(50)).is_some());
    mirror.opened(None);
    assert_eq!(mirror.fleet().agent(agent(50)), None);
    mirror.apply(open(50, Some(row(50, "far", Status::Offline))));
    assert_eq!(
        mirror.fleet().agent(agent(50)),
        None,
        "an answer that comes too late"
    );
    mirror.opened(Some(agent(51)));
    mirror.apply(open(51, None));
    assert_eq!(mirror.fleet().agent(agent(51)), None);
}

#[test]
fn in_the_window_an_agent_is_as_the_window_has_it() {
    let mut mirror = opened();
    mirror.opened(Some(agent(7)));
    mirror.apply(ToTable::Opened {
        now_ms: 1,
        id: agent(7),
        agent: Some(row(7, "atm-1", Status::Online)),
    });
    mirror.apply(window(9, 3, None, vec![row(7, "atm-1", Status::Offline)]));
    assert_eq!(mirror.fleet().agent(agent(7)).unwrap().status, Status::Offline);
    assert_eq!(mirror.window(), Some(1));
    mirror.disconnected();
    assert_eq!(mirror.window(), None, "of another connection");
}

#[test]
fn a_list_is_told_of_when_its_last_part_is_here() {
    let mut mirror = opened();
    let part = |number, last, agents: &[u32]| ToTable::Listed {
        now_ms: 1,
        number,
        last,
        agents: agents.iter().map(|number| (agent(*number), SITE)).collect(),
        rows: Vec::new(),
    };
    assert_eq!(mirror.apply(part(1, false, &[1, 2])), Answer::Nothing);
    assert_eq!(
        mirror.apply(part(2, true, &[])),
        Answer::Listed(2, Listed::default()),
        "another one, between"
    );
    let whole = Listed {
        agents: vec![(agent(1), SITE), (agent(2), SITE), (agent(3), SITE)],
        rows: Vec::new(),
    };
    assert_eq!(mirror.apply(part(1, true, &[3])), Answer::Listed(1, whole));
}

#[test]
fn roll_outs_are_drawn_when_they_change() {
    let mut mirror = Mirror::default();
    let told = || ToConsole::Rollouts {
        now_ms: 1,
        rollouts: Vec::new(),
    };
    assert_eq!(mirror.apply_rollouts(told()), Answer::Draw);
    assert!(mirror.is_whole());
    assert_eq!(mirror.apply_rollouts(told()), Answer::Nothing);
    mirror.disconnected();
    assert!(!mirror.is_whole());
}
