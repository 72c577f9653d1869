use rollcall_shared::{AgentId, ContactKind, DomainId, GoodbyeKind, RegisterReason, Status, TransitionId};

use super::*;

const DEADLINE: Cause = Cause::Deadline { after_s: 3_600 };

fn row(number: u32, name: &str, status: Status) -> Row {
    Row {
        row: number,
        id: AgentId::from_bits(u64::from(number) + 1_000),
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

fn snapshot(sequence: u64, rows: Vec<Row>) -> ToConsole {
    ToConsole::Snapshot {
        sequence,
        now_ms: 10_000,
        first: true,
        last: true,
        domains: Vec::new(),
        rows,
        transitions: Vec::new(),
    }
}

fn delta(sequence: u64, rows: Vec<Row>, changes: Vec<Change>) -> ToConsole {
    ToConsole::Delta {
        sequence,
        now_ms: 20_000,
        domains: None,
        moved: Vec::new(),
        gone: Vec::new(),
        rows,
        changes,
    }
}

fn change(row: u32, to: Status, cause: Cause) -> Change {
    Change {
        row,
        to,
        cause,
        ago_ms: 300,
    }
}

fn mirror() -> Mirror {
    let mut mirror = Mirror::default();
    let rows = vec![row(7, "atm-1", Status::Online), row(8, "atm-2", Status::Online)];
    assert_eq!(mirror.apply(snapshot(40, rows)), Answer::Draw);
    mirror.take_touched();
    mirror
}

#[test]
fn a_change_of_status_moves_the_row_the_counts_and_the_events() {
    let mut mirror = mirror();
    let changes = vec![change(8, Status::Offline, DEADLINE)];
    assert_eq!(mirror.apply(delta(41, vec![], changes)), Answer::Draw);
    let fleet = mirror.fleet();
    let agent = fleet.agent(AgentId::from_bits(1_008)).unwrap();
    assert_eq!(
        (agent.status, agent.since_ms, agent.cause),
        (Status::Offline, 19_700, DEADLINE)
    );
    assert_eq!(agent.last_contact, Some((6_000, ContactKind::Heartbeat)));
    assert_eq!(
        (fleet.count(Status::Online), fleet.count(Status::Offline)),
        (1, 1)
    );
    assert_eq!(fleet.events()[0].at_ms, 19_700);
    assert_eq!(mirror.take_touched().places, [1]);
}

#[test]
fn a_change_that_a_contact_caused_is_a_contact() {
    let mut mirror = mirror();
    let goodbye = change(7, Status::Offline, Cause::Goodbye(GoodbyeKind::Stop));
    mirror.apply(delta(41, vec![], vec![goodbye]));
    assert_eq!(
        mirror.fleet().agents()[0].last_contact,
        Some((19_700, ContactKind::Goodbye))
    );
}

#[test]
fn a_verification_is_a_contact_and_what_people_or_days_bring_is_none() {
    let heard_before = Some((6_000, ContactKind::Heartbeat));
    for (to, cause, heard) in [
        (
            Status::Online,
            Cause::Contact(ContactKind::Verification),
            Some((19_700, ContactKind::Verification)),
        ),
        (
            Status::UnreachableOffline,
            Cause::Settings { version: 7 },
            heard_before,
        ),
        // A contact told of it, but which one is not said; it comes with the contacts.
        (Status::UnreachableOnline, Cause::Address, heard_before),
        (Status::Inactive, Cause::Inactive { after_days: 30 }, heard_before),
    ] {
        let mut mirror = mirror();
        mirror.apply(delta(41, vec![], vec![change(7, to, cause)]));
        let agent = &mirror.fleet().agents()[0];
        assert_eq!((agent.status, agent.last_contact), (to, heard), "{cause}");
        assert_eq!(mirror.fleet().events()[0].cause, cause);
    }
}

#[test]
fn a_folded_restart_keeps_since_when_the_agent_is_online() {
    let mut mirror = mirror();
    mirror.apply(delta(
        41,
        vec![],
        vec![change(7, Status::Online, Cause::Restarted)],
    ));
    let agent = &mirror.fleet().agents()[0];
    assert_eq!((agent.since_ms, agent.cause), (5_000, Cause::Restarted));
    assert_eq!(mirror.fleet().count(Status::Online), 2);
    assert_eq!(mirror.fleet().events().len(), 1);
}

#[test]
fn a_missed_delta_asks_once_for_a_snapshot_and_shows_the_old_until_it_is_whole() {
    let mut mirror = mirror();
    let offline = || vec![change(7, Status::Offline, DEADLINE)];
    assert_eq!(mirror.apply(delta(42, vec![], offline())), Answer::Resync);
    assert!(!mirror.is_whole());
    assert_eq!(mirror.apply(delta(43, vec![], offline())), Answer::Nothing);
    assert_eq!(mirror.fleet().count(Status::Online), 2);
    assert_eq!(
        mirror.apply(snapshot(43, vec![row(1, "new", Status::Offline)])),
        Answer::Draw
    );
    assert_eq!(mirror.apply(delta(44, vec![], vec![])), Answer::Draw);
    assert_eq!(mirror.fleet().agents().len(), 1);
}

#[test]
fn a_pulse_that_stands_elsewhere_is_a_gap_too() {
    let mut mirror = mirror();
    let pulse = |sequence| ToConsole::Pulse { sequence, now_ms: 0 };
    assert_eq!(mirror.apply(pulse(40)), Answer::Nothing);
    assert_eq!(mirror.apply(pulse(41)), Answer::Resync);
    assert_eq!(mirror.apply(pulse(41)), Answer::Nothing);
}

#[test]
fn a_change_of_an_unknown_row_is_a_gap() {
    let mut mirror = mirror();
    let unknown = vec![change(99, Status::Offline, DEADLINE)];
    assert_eq!(mirror.apply(delta(41, vec![], unknown)), Answer::Resync);
}

#[test]
fn a_snapshot_in_parts_is_shown_when_it_is_whole() {
    let mut mirror = mirror();
    let part = |first, last, rows, transitions| ToConsole::Snapshot {
        sequence: 50,
        now_ms: 30_000,
        first,
        last,
        domains: Vec::new(),
        rows,
        transitions,
    };
    let events = vec![
        Event {
            id: TransitionId::from_bits(9),
            row: 2,
            at_ms: 29_000,
            to: Status::Offline,
            cause: DEADLINE,
        },
        Event {
            id: TransitionId::from_bits(8),
            row: 77,
            at_ms: 28_000,
            to: Status::Offline,
            cause: DEADLINE,
        },
    ];
    assert_eq!(
        mirror.apply(part(true, false, vec![row(1, "a", Status::Online)], vec![])),
        Answer::Nothing
    );
    assert_eq!(mirror.fleet().agents().len(), 2, "the old one is shown meanwhile");
    mirror.apply(part(false, true, vec![row(2, "b", Status::Offline)], events));
    assert_eq!(mirror.fleet().agents()[1].name, "b");
    assert_eq!(
        mirror.fleet().events().len(),
        1,
        "of unknown rows nothing can be told"
    );
    assert!(mirror.take_touched().all);
}

#[test]
fn the_rest_of_a_snapshot_without_its_beginning_is_asked_for_again() {
    let mut mirror = Mirror::default();
    let rest = ToConsole::Snapshot {
        sequence: 1,
        now_ms: 0,
        first: false,
        last: true,
        domains: Vec::new(),
        rows: vec![],
        transitions: vec![],
    };
    assert_eq!(mirror.apply(rest), Answer::Resync);
}

#[test]
fn an_agent_that_appears_is_news_told_once() {
    let mut mirror = mirror();
    let newcomer = row(9, "atm-3", Status::Pending);
    mirror.apply(delta(41, vec![newcomer.clone()], vec![]));
    assert_eq!(mirror.fleet().events().len(), 1);
    let registered = Cause::Registered(RegisterReason::Install);
    let both = delta(
        42,
        vec![row(10, "atm-4", Status::Online), newcomer],
        vec![change(10, Status::Online, registered)],
    );
    mirror.apply(both);
    assert_eq!(mirror.fleet().events().len(), 2);
    assert_eq!(mirror.fleet().count(Status::Online), 3);
    assert_eq!(mirror.fleet().count(Status::Pending), 1);
}

#[test]
fn contacts_of_watched_rows_renew_what_is_shown() {
    let mut mirror = mirror();
    let contacts = ToConsole::Contacts {
        now_ms: 9_000,
        contacts: vec![(7, 1_500, ContactKind::Poll), (99, 0, ContactKind::Poll)],
    };
    assert_eq!(mirror.apply(contacts.clone()), Answer::Draw);
    assert_eq!(
        mirror.fleet().agents()[0].last_contact,
        Some((7_500, ContactKind::Poll))
    );
    mirror.disconnected();
    assert_eq!(
        mirror.apply(contacts),
        Answer::Nothing,
        "rows of another connection"
    );
}

#[test]
fn many_touched_places_become_all_of_them() {
    let mut mirror = mirror();
    for sequence in 41..141 {
        mirror.apply(delta(sequence, vec![], vec![change(7, Status::Online, DEADLINE)]));
    }
    assert!(mirror.take_touched().all);
    assert_eq!(mirror.fleet().events().len(), 100);
}

#[test]
fn events_are_kept_up_to_their_limit() {
    let mut mirror = mirror();
    let changes = vec![change(7, Status::Offline, DEADLINE); MOST_EVENTS + 5];
    mirror.apply(delta(41, vec![], changes));
    assert_eq!(mirror.fleet().events().len(), MOST_EVENTS);
}
