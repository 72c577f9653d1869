//! A cell as one thread sees it.

use super::*;

const LEASE: Duration = Duration::from_mins(1);

fn boot(bits: u32) -> BootId {
    BootId::from_bits(bits).unwrap()
}

fn at(seconds: u64) -> EngineTime {
    EngineTime::from_micros(seconds * 1_000_000)
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
        cell.contact(boot(7), 2, ContactKind::Heartbeat, at(10)),
        Contact::Renewed
    );
    assert_eq!(
        cell.contact(boot(7), 2, ContactKind::Heartbeat, at(20)),
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
        cell.contact(boot(8), 9, ContactKind::Heartbeat, at(10)),
        Contact::RegisterFirst
    );
    assert_eq!(cell.heard().at, at(0));
}

#[test]
fn not_before_the_deadline_and_at_it() {
    let cell = online_cell();
    let due = |last| deadline(last, LEASE);
    let just_before = EngineTime::from_micros(59_999_999);
    assert_eq!(cell.judge(due, just_before), Judged::NotBefore(at(60)));
    assert_eq!(cell.judge(due, at(60)), Judged::Flipped);
    assert_eq!(cell.judge(due, at(60)), Judged::WasOffline);
}

#[test]
fn a_contact_of_an_offline_agent_is_for_the_owner() {
    let cell = online_cell();
    assert_eq!(cell.judge(|last| deadline(last, LEASE), at(60)), Judged::Flipped);
    assert_eq!(
        cell.contact(boot(7), 2, ContactKind::Heartbeat, at(61)),
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
