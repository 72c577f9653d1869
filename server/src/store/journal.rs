//! The journal: what the engine and the agents did, written behind them in batches.
//!
//! A batch is one transaction and takes effect in its order. Writing it again, after an answer that was
//! lost, changes nothing: a transition that is already there is passed over together with what it would do
//! to its agent. Entries about agents that the database does not know are passed over too.
//!
//! Not for what must be durable before someone is answered: see [`enrolment`](super::enrolment).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use rollcall_shared::console_api::BlindReason;
use rollcall_shared::{AgentId, BootId, ContactKind, TransitionId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::dialect;
use super::{Store, StoreError, blind_spans, column, transitions};

mod rows;

pub use super::transitions::TransitionRecord;
use rows::{
    APPLIED, AppliedRow, CONTACTS, ContactRow, MOVES, MoveRow, REGISTRATIONS, RETIREMENTS, RegistrationRow,
    RetirementRow, STATUSES, StatusRow,
};

/// One thing to write down.
///
/// It is also kept in files, in which one of an older release may wait: fields and kinds are only ever added, and
/// those added later have a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A status changed: a line of history, and the agent's status from now on.
    Transition(TransitionRecord),
    /// An agent registered and said what it is.
    Registered {
        /// The agent.
        agent: AgentId,
        /// The run of its process.
        boot: BootId,
        /// What its machine calls itself.
        name: String,
        /// Operating system and version.
        platform: String,
        /// The machine's own id.
        machine_id: String,
        /// The agent's version.
        agent_version: String,
        /// Where it was seen to come from.
        address: Option<IpAddr>,
        /// The settings version that it has applied.
        applied: u32,
        /// The address that it gave as its own.
        #[serde(default)]
        local_address: Option<IpAddr>,
        /// The addresses that it said its machine has.
        #[serde(default)]
        addresses: Vec<IpAddr>,
        /// The port at which it takes notifications.
        #[serde(default)]
        notify_port: Option<u16>,
        /// The key for dialling, encrypted; nothing leaves the one that is there.
        #[serde(default)]
        proof_key: Option<Vec<u8>>,
        /// This contact.
        last_contact: (i64, ContactKind),
    },
    /// The server could have heard nobody.
    Blind {
        /// From when, by the wall clock.
        from_ms: i64,
        /// Until when.
        to_ms: i64,
        /// Why.
        reason: BlindReason,
    },
    /// An agent was seen from another address.
    Moved {
        /// The agent.
        agent: AgentId,
        /// From where it is seen now.
        address: IpAddr,
    },
    /// An agent reported other settings as applied.
    Applied {
        /// The agent.
        agent: AgentId,
        /// Their version.
        applied: u32,
    },
    /// A person retired an agent.
    RetiredBy {
        /// The agent.
        agent: AgentId,
        /// The person's name.
        person: String,
    },
}

/// The journal of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Journal<'a> {
    store: &'a Store,
}

impl Store {
    /// The journal.
    #[must_use]
    pub fn journal(&self) -> Journal<'_> {
        Journal { store: self }
    }
}

impl Journal<'_> {
    /// Writes all entries, in their order, or none. Durable when it returns.
    ///
    /// # Errors
    ///
    /// What the database says: write the same batch again while the error [is transient]. A text with NUL is
    /// [`StoreError::Unstorable`] before anything is written; a batch with it can never be written.
    ///
    /// [is transient]: StoreError::is_transient
    pub async fn write(&self, entries: &[Entry]) -> Result<(), StoreError> {
        check(entries)?;
        Store::answered(self.attempt(entries)).await
    }

    async fn attempt(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let transaction = self.store.begin().await?;
        let records = entries.iter().filter_map(|entry| match entry {
            Entry::Transition(record) => Some(record),
            _ => None,
        });
        let new = transitions::insert(&transaction, records).await?;
        let spans = entries.iter().filter_map(|entry| match *entry {
            Entry::Blind {
                from_ms,
                to_ms,
                reason,
            } => Some((from_ms, to_ms, reason)),
            _ => None,
        });
        blind_spans::insert(&transaction, spans).await?;
        Changes::of(entries, &new).write(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn check(entries: &[Entry]) -> Result<(), StoreError> {
    for entry in entries {
        if let Entry::RetiredBy { person, .. } = entry {
            column::storable("retired_by", person)?;
        }
        if let Entry::Registered {
            name,
            platform,
            machine_id,
            agent_version,
            ..
        } = entry
        {
            column::storable("name", name)?;
            column::storable("platform", platform)?;
            column::storable("machine_id", machine_id)?;
            column::storable("agent_version", agent_version)?;
        }
    }
    Ok(())
}

/// What a batch does to agents in the end: at most one row of each kind an agent, so that one statement a
/// kind writes them all.
#[derive(Default)]
struct Changes<'a> {
    statuses: BTreeMap<AgentId, StatusRow>,
    registrations: BTreeMap<AgentId, RegistrationRow<'a>>,
    contacts: BTreeMap<AgentId, ContactRow>,
    moves: BTreeMap<AgentId, MoveRow>,
    applied: BTreeMap<AgentId, AppliedRow>,
    retirements: BTreeMap<AgentId, RetirementRow<'a>>,
}

impl<'a> Changes<'a> {
    /// What these entries come to, of which only the transitions in `new` were not written before.
    fn of(entries: &'a [Entry], new: &BTreeSet<TransitionId>) -> Self {
        let mut changes = Self::default();
        for entry in entries {
            match entry {
                Entry::Transition(record) if new.contains(&record.id) => {
                    changes.statuses.insert(
                        record.agent,
                        StatusRow {
                            id: record.agent.as_i64(),
                            status: record.to.key(),
                            since_ms: record.at_ms,
                            cause: record.cause.to_string(),
                        },
                    );
                    if let Some((at_ms, kind)) = record.last_contact {
                        changes.contact(record.agent, at_ms, kind);
                    }
                }
                // Both are in tables of their own.
                Entry::Transition(_) | Entry::Blind { .. } => {}
                Entry::Registered {
                    agent,
                    boot,
                    name,
                    platform,
                    machine_id,
                    agent_version,
                    address,
                    applied,
                    local_address,
                    addresses,
                    notify_port,
                    proof_key,
                    last_contact: (at_ms, kind),
                } => {
                    let before = changes.registrations.remove(agent);
                    let proof_key = proof_key.as_deref().map(dialect::bytes);
                    changes.registrations.insert(
                        *agent,
                        RegistrationRow {
                            id: agent.as_i64(),
                            boot: i64::from(boot.bits()),
                            name,
                            platform,
                            machine_id,
                            agent_version,
                            address: *address,
                            applied: *applied,
                            local_address: *local_address,
                            addresses: column::of_addresses(addresses),
                            notify_port: *notify_port,
                            proof_key: proof_key.or(before.and_then(|before| before.proof_key)),
                        },
                    );
                    changes.contact(*agent, *at_ms, *kind);
                }
                Entry::Applied { agent, applied } => {
                    if let Some(registration) = changes.registrations.get_mut(agent) {
                        registration.applied = *applied;
                    } else {
                        let (id, applied) = (agent.as_i64(), *applied);
                        changes.applied.insert(*agent, AppliedRow { id, applied });
                    }
                }
                Entry::RetiredBy { agent, person } => {
                    let id = agent.as_i64();
                    changes.retirements.insert(
                        *agent,
                        RetirementRow {
                            id,
                            retired_by: person,
                        },
                    );
                }
                Entry::Moved { agent, address } => {
                    if let Some(registration) = changes.registrations.get_mut(agent) {
                        registration.address = Some(*address);
                    } else {
                        let (id, address) = (agent.as_i64(), *address);
                        changes.moves.insert(*agent, MoveRow { id, address });
                    }
                }
            }
        }
        changes
    }

    fn contact(&mut self, agent: AgentId, at_ms: i64, kind: ContactKind) {
        self.contacts.insert(
            agent,
            ContactRow {
                id: agent.as_i64(),
                last_contact_ms: at_ms,
                last_contact_kind: kind.key(),
            },
        );
    }

    async fn write(&self, on: &impl ConnectionTrait) -> Result<(), StoreError> {
        STATUSES
            .run(on, &self.statuses.values().collect::<Vec<_>>())
            .await?;
        // Before the registrations: one that came later says both, too.
        MOVES.run(on, &self.moves.values().collect::<Vec<_>>()).await?;
        APPLIED
            .run(on, &self.applied.values().collect::<Vec<_>>())
            .await?;
        REGISTRATIONS
            .run(on, &self.registrations.values().collect::<Vec<_>>())
            .await?;
        RETIREMENTS
            .run(on, &self.retirements.values().collect::<Vec<_>>())
            .await?;
        CONTACTS
            .run(on, &self.contacts.values().collect::<Vec<_>>())
            .await?;
        Ok(())
    }
}
