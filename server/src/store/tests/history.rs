//! History as a whole, counted.

use std::collections::BTreeSet;

use rollcall_shared::{Cause, DomainId, Status, TransitionId};

use super::samples::{agent_id, enrol, transition, write};
use crate::scope::Scope;
use crate::store::journal::Entry;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::transitions::{MinuteChanges, TransitionRecord};

on_every_database! {
    changes_are_counted_by_minute_between_two_moments,
}

const MINUTE: i64 = 31_000_000;

fn at(at_ms: i64, number: u64, agent: u32, from: Status, to: Status) -> Entry {
    Entry::Transition(TransitionRecord {
        id: TransitionId::from_bits(TransitionId::at(at_ms).bits() + number),
        at_ms,
        from: Some(from),
        ..transition(number, agent_id(agent), to, Cause::Deadline { after_s: 60 })
    })
}

async fn changes_are_counted_by_minute_between_two_moments(database: &TestDatabase) {
    use Status::{Offline, Online};

    let store = database.open().await;
    enrol(&store, 2).await;
    let begins = MINUTE * 60_000;
    write(
        &store,
        &[
            at(begins - 1, 1, 1, Offline, Online),
            at(begins, 2, 1, Online, Offline),
            at(begins + 59_999, 3, 2, Online, Offline),
            at(begins + 59_999, 4, 2, Offline, Online),
            at(begins + 60_000, 5, 2, Online, Offline),
            at(begins + 60_001, 6, 2, Offline, Online),
        ],
    )
    .await;
    let counted = async |scope: &Scope| {
        let mut counted = store
            .transitions()
            .by_minute(scope, begins, begins + 60_001)
            .await
            .unwrap();
        counted.sort_by_key(|change| (change.minute, change.to));
        counted
    };
    let change = |minute, from, to, count| MinuteChanges {
        minute,
        from: Some(from),
        to,
        count,
    };
    let all = [
        change(MINUTE, Offline, Online, 1),
        change(MINUTE, Online, Offline, 2),
        change(MINUTE + 1, Online, Offline, 1),
    ];
    assert_eq!(counted(&Scope::All).await, all);
    let of = |domain| Scope::Domains(BTreeSet::from([DomainId(domain)]));
    assert_eq!(counted(&of(1)).await, all);
    assert_eq!(counted(&of(2)).await, []);
}
