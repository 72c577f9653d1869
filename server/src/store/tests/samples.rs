//! Agents, tokens and transitions to test with; a number makes each its own.

use rollcall_shared::{AgentId, BootId, Cause, DomainId, Status, TransitionId};

use crate::store::Store;
use crate::store::agents::AgentRecord;
use crate::store::enrolment::{EnrollOutcome, NewAgent};
use crate::store::journal::Entry;
use crate::store::settings::SettingsRecord;
use crate::store::transitions::TransitionRecord;

/// When tests happen.
pub(super) const NOW: i64 = 1_800_000_000_000;

/// A token's hash.
pub(super) const TOKEN: [u8; 32] = [1; 32];

pub(super) fn agent_id(number: u32) -> AgentId {
    AgentId::from_bits(u64::from(number) << 30)
}

pub(super) fn boot(number: u32) -> BootId {
    BootId::from_bits(number).expect("not 0")
}

pub(super) fn transition_id(number: u64) -> TransitionId {
    TransitionId::from_bits((NOW.unsigned_abs() << 16) + number)
}

/// 32 bytes that only this number has.
pub(super) fn hash(number: u32) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash
}

/// A request to enrol agent `number`, by [`TOKEN`], with a key of its own.
pub(super) fn new_agent(number: u32) -> NewAgent {
    let id = agent_id(number);
    NewAgent {
        record: AgentRecord {
            id,
            name: format!("agent-{number}"),
            domain: DomainId::ROOT,
            platform: "Debian 12".into(),
            machine_id: format!("machine-{number}"),
            agent_version: String::new(),
            secret_hash: hash(number + 1_000_000),
            status: Status::Pending,
            since_ms: NOW,
            cause: Cause::Enrolled,
            last_contact: None,
            address: None,
            boot: None,
            applied: 0,
            enrolled_at_ms: NOW,
            local_address: None,
            notify_port: None,
            proof_key: None,
            retired_by: None,
            addresses: Vec::new(),
        },
        token_hash: TOKEN,
        key_hash: hash(number + 2_000_000),
        transition: TransitionRecord {
            from: None,
            ..transition(u64::from(number), id, Status::Pending, Cause::Enrolled)
        },
    }
}

/// A change of status from online, [`NOW`].
pub(super) fn transition(number: u64, agent: AgentId, to: Status, cause: Cause) -> TransitionRecord {
    TransitionRecord {
        id: transition_id(number),
        agent,
        at_ms: NOW,
        from: Some(Status::Online),
        to,
        cause,
        last_contact: None,
        folds: None,
    }
}

/// A version of the settings that the server wrote.
pub(super) fn version(version: u32, document: &str, saved_at_ms: i64) -> SettingsRecord {
    SettingsRecord {
        version,
        document: document.to_owned(),
        saved_at_ms,
        author: None,
        note: None,
    }
}

/// A token for `uses` agents, good for an hour.
pub(super) async fn make_token(store: &Store, uses: u32) {
    store
        .tokens()
        .create(TOKEN, DomainId::ROOT, uses, NOW, NOW + 3_600_000, None)
        .await
        .expect("a token");
}

/// Agents 1 to `count`, enrolled.
pub(super) async fn enrol(store: &Store, count: u32) {
    make_token(store, count).await;
    for number in 1..=count {
        let outcome = store
            .agents()
            .enroll(new_agent(number), NOW)
            .await
            .expect("an answer");
        assert!(matches!(outcome, EnrollOutcome::Made(_)), "{outcome:?}");
    }
}

pub(super) async fn write(store: &Store, entries: &[Entry]) {
    store
        .journal()
        .write(entries)
        .await
        .expect("the batch is written");
}

/// Every agent, by the order of their ids.
pub(super) async fn all_agents(store: &Store) -> Vec<AgentRecord> {
    store.agents().all().await.expect("the agents")
}
