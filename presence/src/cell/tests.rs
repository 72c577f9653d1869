//! A cell as one thread sees it.

use alloc::vec::Vec;
use core::time::Duration;

use super::*;

const LEASE: Duration = Duration::from_mins(1);

fn boot(bits: u32) -> BootId {
    BootId::from_bits(bits).unwrap()
}

fn at(seconds: u64) -> EngineTime {
    EngineTime::from_micros(seconds * 1_000_000)
}

fn fence(boot: BootId, sequence: u32) -> Fence {
    Fence {
        boot,
        sequence,
        applied: 0,
    }
}

fn online_cell() -> Cell {
    let cell = Cell::new();
    cell.fence(boot(7), 1);
    cell.set(
        Heard {
            at: at(0),
            kind: Some(ContactKind::Register),
        },
        true,
    );
    cell
}

#[test]
fn only_a_higher_sequence_renews() {
    let cell = online_cell();
    assert_eq!(
        cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(10)),
        Contact::Renewed
    );
    assert_eq!(
        cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(20)),
        Contact::Stale
    );
    assert_eq!(
        cell.heard(),
        Heard {
            at: at(10),
            kind: Some(ContactKind::Heartbeat)
        }
    );
}

#[test]
fn a_boot_that_did_not_register_renews_nothing() {
    let cell = online_cell();
    assert_eq!(
        cell.contact(fence(boot(8), 9), ContactKind::Heartbeat, at(10)),
        Contact::RegisterFirst
    );
    assert_eq!(cell.heard().at, at(0));
}

#[test]
fn not_before_the_deadline_and_at_it() {
    let cell = online_cell();
    let due = |last| last + LEASE;
    let just_before = EngineTime::from_micros(59_999_999);
    assert_eq!(cell.judge(due, just_before), Judged::NotBefore(at(60)));
    assert_eq!(cell.judge(due, at(60)), Judged::Flipped);
    assert_eq!(cell.judge(due, at(60)), Judged::WasOffline);
}

#[test]
fn a_contact_of_an_offline_agent_is_for_the_owner() {
    let cell = online_cell();
    assert_eq!(cell.judge(|last| last + LEASE, at(60)), Judged::Flipped);
    assert_eq!(
        cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(61)),
        Contact::NeedsEvent
    );
    assert!(!cell.online());
}

#[test]
fn every_kind_of_contact_fits_its_word() {
    for kind in ContactKind::ALL {
        let word = Word::new(EngineTime::MAX, Some(*kind), true);
        assert_eq!(
            word.heard(),
            Heard {
                at: EngineTime::MAX,
                kind: Some(*kind)
            }
        );
        assert!(word.online());
    }
}

#[test]
fn rule_5_another_version_applied_is_for_the_owner_and_renews_at_once() {
    let cell = online_cell();
    let fence = Fence {
        applied: 4,
        ..fence(boot(7), 2)
    };
    assert_eq!(
        cell.contact(fence, ContactKind::Poll, at(10)),
        Contact::NeedsEvent
    );
    assert_eq!(cell.heard().at, at(10));
    cell.set_applied(4);
    let next = Fence { sequence: 3, ..fence };
    assert_eq!(cell.contact(next, ContactKind::Poll, at(11)), Contact::Renewed);
}

#[test]
fn rule_13_the_last_contact_on_each_path_is_known_to_the_second() {
    let cell = online_cell();
    cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(10));
    cell.contact(fence(boot(7), 3), ContactKind::Poll, at(12));
    let paths: Vec<_> = cell.paths().collect();
    let expected = [
        (ContactKind::Register, at(0)),
        (ContactKind::Heartbeat, at(10)),
        (ContactKind::Poll, at(12)),
    ];
    assert_eq!(paths, expected);
}
