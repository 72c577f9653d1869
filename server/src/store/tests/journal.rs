//! The journal: batches in order, whole, and once.

use std::collections::BTreeSet;

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
    contacts_alone_leave_the_status,
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
        last_contact: (NOW + 5, ContactKind::Register),
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
            Entry::Contacts(vec![(agent_id(1), NOW + 1, ContactKind::Heartbeat)]),
            Entry::Transition(changed(1, 1, Status::Online, ONLINE)),
            Entry::Transition(changed(2, 1, Status::Offline, OFFLINE)),
            Entry::Contacts(vec![
                (agent_id(1), NOW + 9, ContactKind::Heartbeat),
                (agent_id(1), NOW + 8, ContactKind::Poll),
            ]),
        ],
    )
    .await;
    let agent = all_agents(&store).await.remove(0);
    assert_eq!((agent.status, agent.cause), (Status::Offline, OFFLINE));
    assert_eq!(agent.last_contact, Some((NOW + 8, ContactKind::Poll)));
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
        Entry::Contacts(vec![(agent_id(2), NOW, ContactKind::Heartbeat)]),
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
    assert_eq!(agent.last_contact, Some((NOW + 5, ContactKind::Register)));
    assert_eq!((agent.status, agent.since_ms), (before.status, before.since_ms));
    assert_eq!(agent.secret_hash, before.secret_hash);
}

async fn contacts_alone_leave_the_status(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 3).await;
    let contacts = vec![
        (agent_id(3), NOW + 3, ContactKind::Poll),
        (agent_id(1), NOW + 1, ContactKind::Heartbeat),
    ];
    write(&store, &[Entry::Contacts(contacts), Entry::Contacts(Vec::new())]).await;
    let agents = all_agents(&store).await;
    assert_eq!(agents[0].last_contact, Some((NOW + 1, ContactKind::Heartbeat)));
    assert_eq!(agents[1].last_contact, None);
    assert_eq!(agents[2].last_contact, Some((NOW + 3, ContactKind::Poll)));
    assert!(agents.iter().all(|agent| agent.status == Status::Pending));
}

async fn an_agent_that_is_not_known_keeps_nobody_out(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    write(
        &store,
        &[
            Entry::Transition(changed(1, 77, Status::Online, ONLINE)),
            registered(77),
            Entry::Contacts(vec![(agent_id(77), NOW, ContactKind::Poll)]),
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
    batch.push(Entry::Contacts(
        (1..=50_000)
            .map(|number| (agent_id(number), NOW + i64::from(number), ContactKind::Heartbeat))
            .collect(),
    ));
    write(&store, &batch).await;
    write(&store, &[]).await;
    let agents = all_agents(&store).await;
    assert_eq!(agents.len(), 20);
    assert!(agents.iter().all(|agent| agent.status == Status::Offline));
    assert_eq!(agents[19].last_contact, Some((NOW + 20, ContactKind::Heartbeat)));
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
