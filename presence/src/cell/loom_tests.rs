//! A cell as two threads see it, in every order in which they can meet.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p rollcall-presence --release --lib loom`

use loom::sync::Arc;
use loom::thread;

use super::*;

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

fn online_cell() -> Arc<Cell> {
    let cell = Cell::new();
    cell.fence(boot(7), 1);
    cell.set(
        Heard {
            at: at(0),
            kind: None,
        },
        true,
    );
    Arc::new(cell)
}

#[test]
fn an_acknowledged_contact_and_a_deadline_cannot_both_win() {
    loom::model(|| {
        let cell = online_cell();
        let agent = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(60)))
        };
        let judged = cell.judge(|last| last + core::time::Duration::from_mins(1), at(60));
        match agent.join().unwrap() {
            Contact::Renewed => {
                assert_eq!(judged, Judged::NotBefore(at(120)));
                assert!(cell.online());
            }
            Contact::NeedsEvent => {
                assert_eq!(judged, Judged::Flipped);
                assert!(!cell.online());
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn of_two_contacts_with_one_sequence_only_one_renews() {
    loom::model(|| {
        let cell = online_cell();
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(10)))
        };
        let mine = cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(11));
        let theirs = other.join().unwrap();
        assert!(
            (mine == Contact::Renewed) != (theirs == Contact::Renewed),
            "{mine:?} {theirs:?}"
        );
    });
}

#[test]
fn a_late_contact_of_the_old_boot_does_not_undo_a_registration() {
    loom::model(|| {
        let cell = online_cell();
        let old = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.contact(fence(boot(7), 500), ContactKind::Heartbeat, at(10)))
        };
        cell.fence(boot(8), 1);
        cell.set(
            Heard {
                at: at(11),
                kind: Some(ContactKind::Register),
            },
            true,
        );
        old.join().unwrap();
        assert_eq!(cell.current(), Some((boot(8), 1)));
        assert_eq!(
            cell.contact(fence(boot(8), 2), ContactKind::Heartbeat, at(12)),
            Contact::Renewed
        );
    });
}

#[test]
fn a_goodbye_is_not_undone_by_an_earlier_contact_that_comes_late() {
    loom::model(|| {
        let cell = online_cell();
        let late = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.contact(fence(boot(7), 2), ContactKind::Heartbeat, at(10)))
        };
        if cell.pass(boot(7), 3) == Contact::Renewed {
            cell.set(
                Heard {
                    at: at(11),
                    kind: Some(ContactKind::Goodbye),
                },
                false,
            );
        }
        late.join().unwrap();
        assert!(!cell.online());
    });
}
