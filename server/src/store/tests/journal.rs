//! The journal: batches in order, whole, and once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rollcall_shared::console_api::{BlindReason, BlindSpan};
use rollcall_shared::{Cause, ContactKind, DomainId, GoodbyeKind, RegisterReason, Status};

use super::samples::{NOW, agent_id, all_agents, boot, enrol, transition, transition_id, write};
use crate::scope::Scope;
use crate::store::journal::Entry;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::transitions::{TransitionRecord, TransitionView};
use crate::store::{Store, StoreError};

on_every_database! {
    a_transition_is_history_and_the_agents_status,
    the_last_entry_of_a_batch_wins,
    a_batch_written_again_changes_nothing,
    an_old_batch_written_again_does_not_bring_an_old_status_back,
    a_restart_is_told_as_one_change,
    a_registration_tells_what_the_agent_is,
    a_registration_without_a_proof_key_leaves_the_one_that_is_there,
    a_blind_span_is_written_once,
    blind_spans_of_a_period_are_those_that_share_time_with_it,
    what_happened_in_a_period_comes_with_what_was_before,
    a_clock_set_back_does_not_turn_history_around,
    the_later_of_a_move_and_a_registration_says_where_an_agent_is,
    the_later_report_of_what_an_agent_applied_holds,
    an_agent_that_is_not_known_keeps_nobody_out,
    a_registration_with_nul_writes_nothing_of_its_batch,
    ten_thousand_entries_are_one_batch,
    pages_go_back_in_time_without_gap_or_repeat,
    a_page_holds_what_the_scope_sees,
}

const OFFLINE: Cause = Cause::Deadline { after_s: 3600 };
const ONLINE: Cause = Cause::Registered(RegisterReason::Start);

fn changed(number: u64, agent: u32, to: Status, cause: Cause) -> TransitionRecord {
    transition(100 + number, agent_id(agent), to, cause)
}

fn registered(agent: u32) -> Entry {
    Entry::Registered {
        agent: agent_id(agent),
        boot: boot(u32::MAX),
        name: "Ünïcode 🦀 'quoted' \"twice\" \\ $1 ?".to_owned(),
        platform: "Windows 11".to_owned(),
        machine_id: "other".to_owned(),
        agent_version: "0.1.0".to_owned(),
        address: Some("2001:db8::7".parse().unwrap()),
        applied: u32::MAX,
        local_address: Some("10.12.0.20".parse().unwrap()),
        addresses: addresses(),
        notify_port: Some(u16::MAX),
        proof_key: Some(vec![0, 1, 0xff, b'\\', b'"']),
        last_contact: (NOW + 5, ContactKind::Register),
    }
}

fn addresses() -> Vec<IpAddr> {
    ["192.168.7.9", "fd77::10"]
        .map(|text| text.parse().unwrap())
        .into()
}

fn moved(agent: u32, address: &str) -> Entry {
    Entry::Moved {
        agent: agent_id(agent),
        address: address.parse().unwrap(),
    }
}

async fn history(store: &Store) -> Vec<TransitionView> {
    store
        .transitions()
        .page(&Scope::All, None, None, 100)
        .await
        .unwrap()
}

async fn a_transition_is_history_and_the_agents_status(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 2).await;
    let record = TransitionRecord {
        at_ms: NOW + 7,
        last_contact: Some((NOW + 3, ContactKind::Poll)),
        ..changed(1, 2, Status::UnreachableOffline, OFFLINE)
    };
    write(&store, &[Entry::Transition(record)]).await;
    assert_eq!(
        history(&store).await[0],
        TransitionView {
            id: transition_id(101),
            agent: agent_id(2),
            name: "agent-2".to_owned(),
            at_ms: NOW + 7,
            from: Some(Status::Online),
            to: Status::UnreachableOffline,
            cause: OFFLINE,
        }
    );
    let agents = all_agents(&store).await;
    assert_eq!(agents[0].status, Status::Pending);
    assert_eq!(agents[1].status, Status::UnreachableOffline);
    assert_eq!((agents[1].since_ms, agents[1].cause), (NOW + 7, OFFLINE));
    assert_eq!(agents[1].last_contact, Some((NOW + 3, ContactKind::Poll)));
}

async fn the_last_entry_of_a_batch_wins(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    write(
        &store,
        &[
            moved(1, "192.0.2.1"),
            Entry::Transition(changed(1, 1, Status::Online, ONLINE)),
            Entry::Transition(changed(2, 1, Status::Offline, OFFLINE)),
            moved(1, "192.0.2.2"),
            moved(1, "192.0.2.3"),
        ],
    )
    .await;
    let agent = all_agents(&store).await.remove(0);
    assert_eq!((agent.status, agent.cause), (Status::Offline, OFFLINE));
    assert_eq!(agent.address, Some("192.0.2.3".parse().unwrap()));
    assert_eq!(history(&store).await.len(), 3);
}

async fn a_batch_written_again_changes_nothing(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 2).await;
    let batch = [
        Entry::Transition(changed(1, 1, Status::Online, ONLINE)),
        registered(1),
        Entry::Transition(TransitionRecord {
            folds: Some(transition_id(101)),
            ..changed(2, 1, Status::Online, Cause::Restarted)
        }),
        moved(2, "192.0.2.2"),
    ];
    write(&store, &batch).await;
    let (agents, lines) = (all_agents(&store).await, history(&store).await);
    write(&store, &batch).await;
    assert_eq!(all_agents(&store).await, agents);
    assert_eq!(history(&store).await, lines);
}

async fn an_old_batch_written_again_does_not_bring_an_old_status_back(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    let old = [Entry::Transition(changed(1, 1, Status::Online, ONLINE))];
    write(&store, &old).await;
    write(
        &store,
        &[Entry::Transition(changed(2, 1, Status::Offline, OFFLINE))],
    )
    .await;
    write(&store, &old).await;
    assert_eq!(all_agents(&store).await[0].status, Status::Offline);
}

async fn a_restart_is_told_as_one_change(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    write(
        &store,
        &[Entry::Transition(changed(
            1,
            1,
            Status::Offline,
            Cause::Goodbye(GoodbyeKind::Stop),
        ))],
    )
    .await;
    assert_eq!(history(&store).await.len(), 2);
    let restarted = TransitionRecord {
        folds: Some(transition_id(101)),
        ..changed(2, 1, Status::Online, Cause::Restarted)
    };
    write(&store, &[Entry::Transition(restarted)]).await;
    let told: Vec<Cause> = history(&store).await.into_iter().map(|line| line.cause).collect();
    assert_eq!(told, [Cause::Restarted, Cause::Enrolled]);
    assert_eq!(all_agents(&store).await[0].status, Status::Online);
}

async fn a_registration_tells_what_the_agent_is(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    let before = all_agents(&store).await.remove(0);
    write(&store, &[registered(1)]).await;
    let agent = all_agents(&store).await.remove(0);
    assert_eq!(agent.name, "Ünïcode 🦀 'quoted' \"twice\" \\ $1 ?");
    assert_eq!(
        (agent.platform.as_str(), agent.machine_id.as_str()),
        ("Windows 11", "other")
    );
    assert_eq!((agent.boot, agent.applied), (Some(boot(u32::MAX)), u32::MAX));
    assert_eq!(agent.address, Some("2001:db8::7".parse().unwrap()));
    assert_eq!(agent.local_address, Some("10.12.0.20".parse().unwrap()));
    assert_eq!(agent.addresses, addresses());
    assert_eq!(agent.notify_port, Some(u16::MAX));
    assert_eq!(agent.proof_key, Some(vec![0, 1, 0xff, b'\\', b'"']));
    assert_eq!(agent.last_contact, Some((NOW + 5, ContactKind::Register)));
    assert_eq!((agent.status, agent.since_ms), (before.status, before.since_ms));
    assert_eq!(agent.secret_hash, before.secret_hash);
}

/// The same without what an agent need not say.
fn registered_briefly(agent: u32) -> Entry {
    let mut entry = registered(agent);
    if let Entry::Registered {
        local_address,
        addresses,
        notify_port,
        proof_key,
        ..
    } = &mut entry
    {
        (*local_address, *notify_port, *proof_key) = (None, None, None);
        addresses.clear();
    }
    entry
}

async fn a_registration_without_a_proof_key_leaves_the_one_that_is_there(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 3).await;
    // In one batch, in two, and where there never was one.
    write(&store, &[registered(1), registered_briefly(1), registered(2)]).await;
    write(&store, &[registered_briefly(2), registered_briefly(3)]).await;
    let agents = all_agents(&store).await;
    let key = Some(vec![0, 1, 0xff, b'\\', b'"']);
    assert_eq!(
        agents
            .iter()
            .map(|agent| agent.proof_key.clone())
            .collect::<Vec<_>>(),
        [key.clone(), key, None]
    );
    for agent in agents {
        assert_eq!((agent.local_address, agent.notify_port), (None, None));
        assert!(agent.addresses.is_empty());
    }
}

fn blind(from_ms: i64, to_ms: i64, reason: BlindReason) -> Entry {
    Entry::Blind {
        from_ms,
        to_ms,
        reason,
    }
}

async fn a_blind_span_is_written_once(database: &TestDatabase) {
    let store = database.open().await;
    let batch = [
        blind(NOW, NOW + 5, BlindReason::Away),
        blind(NOW, NOW + 5, BlindReason::Away),
        blind(NOW, NOW + 5, BlindReason::Stalled),
    ];
    write(&store, &batch).await;
    write(&store, &batch).await;
    let spans = store.blind_spans().overlapping(0, i64::MAX).await.unwrap();
    let span = |reason| BlindSpan {
        from_ms: NOW,
        to_ms: NOW + 5,
        reason,
    };
    assert_eq!(spans, [span(BlindReason::Away), span(BlindReason::Stalled)]);
}

async fn blind_spans_of_a_period_are_those_that_share_time_with_it(database: &TestDatabase) {
    let store = database.open().await;
    let spans = [(30, 40), (0, 10), (5, 100)];
    write(
        &store,
        &spans.map(|(from, to)| blind(from, to, BlindReason::Stalled)),
    )
    .await;
    for (from, to, expected) in [
        (0, 100, vec![0, 5, 30]),
        (10, 30, vec![5]),
        (9, 31, vec![0, 5, 30]),
        (100, 200, vec![]),
        (-5, 0, vec![]),
        (32, 33, vec![5, 30]),
    ] {
        let found = store.blind_spans().overlapping(from, to).await.unwrap();
        let starts: Vec<i64> = found.iter().map(|span| span.from_ms).collect();
        assert_eq!(starts, expected, "{from} to {to}");
    }
}

/// A change of agent 1 at this time.
fn at(number: u64, at_ms: i64) -> Entry {
    Entry::Transition(TransitionRecord {
        at_ms,
        ..changed(number, 1, Status::Online, ONLINE)
    })
}

async fn between(store: &Store, from_ms: i64, to_ms: i64) -> Vec<i64> {
    let found = store
        .transitions()
        .of_agent_between(agent_id(1), from_ms, to_ms)
        .await
        .unwrap();
    found.into_iter().map(|line| line.at_ms - NOW).collect()
}

async fn what_happened_in_a_period_comes_with_what_was_before(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 2).await;
    let folding = TransitionRecord {
        at_ms: NOW + 40,
        folds: Some(transition_id(103)),
        ..changed(4, 1, Status::Online, Cause::Restarted)
    };
    write(
        &store,
        &[
            at(1, NOW + 10),
            at(2, NOW + 20),
            at(3, NOW + 30),
            Entry::Transition(folding),
            Entry::Transition(changed(9, 2, Status::Online, ONLINE)),
        ],
    )
    .await;
    // It was enrolled at 0; what happened at 30 is told by what happened at 40.
    for (from, to, expected) in [
        (0, 100, vec![0, 10, 20, 40]),
        (15, 40, vec![10, 20]),
        (20, 41, vec![10, 20, 40]),
        (31, 32, vec![20]),
        (50, 60, vec![40]),
        (-9, 0, vec![]),
    ] {
        assert_eq!(
            between(&store, NOW + from, NOW + to).await,
            expected,
            "{from} to {to}"
        );
    }
    let nobody = store
        .transitions()
        .of_agent_between(agent_id(7), 0, i64::MAX)
        .await;
    assert_eq!(nobody.unwrap(), []);
}

async fn a_clock_set_back_does_not_turn_history_around(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    write(&store, &[at(1, NOW + 100), at(2, NOW + 50), at(3, NOW + 120)]).await;
    assert_eq!(between(&store, NOW, NOW + 1000).await, [0, 100, 50, 120]);
    // What came later is not what was before.
    assert_eq!(between(&store, NOW + 60, NOW + 1000).await, [0, 100, 120]);
}

async fn the_later_report_of_what_an_agent_applied_holds(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 2).await;
    let applied = |agent, applied| Entry::Applied {
        agent: agent_id(agent),
        applied,
    };
    let of_registration = match registered(1) {
        Entry::Registered { applied, .. } => applied,
        other => panic!("{other:?}"),
    };
    write(
        &store,
        &[applied(1, 900), registered(1), applied(2, 7), applied(2, 8)],
    )
    .await;
    let all: Vec<_> = all_agents(&store)
        .await
        .iter()
        .map(|agent| agent.applied)
        .collect();
    assert_eq!(all, [of_registration, 8]);
}

async fn the_later_of_a_move_and_a_registration_says_where_an_agent_is(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 3).await;
    let of_registration = match registered(1) {
        Entry::Registered { address, .. } => address,
        other => panic!("{other:?}"),
    };
    let batch = [
        moved(1, "192.0.2.1"),
        registered(1),
        registered(2),
        moved(2, "192.0.2.2"),
        moved(3, "2001:db8::3"),
    ];
    write(&store, &batch).await;
    let addresses: Vec<_> = all_agents(&store)
        .await
        .iter()
        .map(|agent| agent.address)
        .collect();
    let second = Some("192.0.2.2".parse().unwrap());
    let third = Some("2001:db8::3".parse().unwrap());
    assert_eq!(addresses, [of_registration, second, third]);
}

async fn an_agent_that_is_not_known_keeps_nobody_out(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    write(
        &store,
        &[
            Entry::Transition(changed(1, 77, Status::Online, ONLINE)),
            registered(77),
            moved(77, "192.0.2.7"),
            Entry::Transition(changed(2, 1, Status::Online, ONLINE)),
        ],
    )
    .await;
    let agents = all_agents(&store).await;
    assert_eq!(agents.len(), 1);
    assert_eq!(agents[0].status, Status::Online);
    assert_eq!(history(&store).await.len(), 2);
}

async fn a_registration_with_nul_writes_nothing_of_its_batch(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    let mut bad = registered(1);
    if let Entry::Registered { platform, .. } = &mut bad {
        platform.push('\0');
    }
    let batch = [Entry::Transition(changed(1, 1, Status::Online, ONLINE)), bad];
    let error = store.journal().write(&batch).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Unstorable { field: "platform" }),
        "{error}"
    );
    assert!(!error.is_transient());
    assert_eq!(history(&store).await.len(), 1);
}

async fn ten_thousand_entries_are_one_batch(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 20).await;
    let mut batch: Vec<Entry> = (0..10_000)
        .map(|number: u32| {
            let to = if number.is_multiple_of(2) {
                Status::Online
            } else {
                Status::Offline
            };
            Entry::Transition(changed(u64::from(number), 1 + number / 500, to, OFFLINE))
        })
        .collect();
    batch.extend((1..=20).map(|number| moved(number, "192.0.2.9")));
    write(&store, &batch).await;
    write(&store, &[]).await;
    let agents = all_agents(&store).await;
    assert_eq!(agents.len(), 20);
    assert!(agents.iter().all(|agent| agent.status == Status::Offline));
    assert_eq!(agents[19].address, Some("192.0.2.9".parse().unwrap()));
    let everything = store
        .transitions()
        .page(&Scope::All, None, None, 1_000_000)
        .await
        .unwrap();
    assert_eq!(everything.len(), 10_020);
}

async fn pages_go_back_in_time_without_gap_or_repeat(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 3).await;
    let batch: Vec<Entry> = (0..60)
        .map(|number: u32| {
            Entry::Transition(changed(u64::from(number), 1 + number % 3, Status::Online, ONLINE))
        })
        .collect();
    write(&store, &batch).await;
    for (agent, expected) in [(None, 63), (Some(agent_id(2)), 21)] {
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = store
                .transitions()
                .page(&Scope::All, agent, before, 10)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            seen.extend(page.into_iter().map(|line| line.id));
        }
        assert_eq!(seen.len(), expected);
        assert!(seen.is_sorted_by(|newer, older| newer > older));
    }
}

async fn a_page_holds_what_the_scope_sees(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    for (domains, expected) in [(vec![], 0), (vec![2], 0), (vec![1], 1), (vec![1, 2, i32::MAX], 1)] {
        let scope = Scope::Domains(domains.into_iter().map(DomainId).collect::<BTreeSet<_>>());
        let page = store.transitions().page(&scope, None, None, 10).await.unwrap();
        assert_eq!(page.len(), expected, "{scope:?}");
    }
}
