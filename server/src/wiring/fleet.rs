//! The fleet as the store knows it, made ready for the engine: agents, what the last checkpoints say of them, and where
//! engine time stood.

use std::collections::HashMap;
use std::time::Duration;

use rollcall_presence::checkpoint::Remembered;
use rollcall_presence::{Addresses, EngineTime, Place, Restored, checkpoint};
use rollcall_shared::console_api::{BlindReason, BlindSpan};
use rollcall_shared::{AgentId, Status};

use super::StartError;
use crate::auth::agents;
use crate::auth::master_key::MasterKey;
use crate::background::engine_time;
use crate::clock::Clock;
use crate::engine::{Engine, Known, Prepared, Start};
use crate::settings::InForce;
use crate::store::agents::AgentRecord;
use crate::store::{Store, StoreError};

pub(super) fn known(record: &AgentRecord, master_key: &MasterKey) -> agents::Known {
    let sealed = record.proof_key.as_deref();
    agents::Known {
        retired: record.status == Status::Retired,
        observed: record.address,
        proof_key: sealed.and_then(|sealed| master_key.unseal(record.id, sealed)),
    }
}

/// The fleet as the store knows it.
pub(super) struct Fleet {
    pub(super) records: Vec<AgentRecord>,
    /// What the last checkpoints say of each agent.
    remembered: HashMap<AgentId, Remembered>,
    /// Where engine time stood, and the wall clock of then.
    saved: Option<(EngineTime, i64)>,
}

impl Fleet {
    pub(super) async fn read(store: &Store) -> Result<Self, StoreError> {
        let mut records = Vec::new();
        store.agents().load_all(|record| records.push(record)).await?;
        let mut remembered = HashMap::with_capacity(records.len());
        for (partition, engine_us, bytes) in store.checkpoints().load_all().await? {
            let at = EngineTime::from_micros(engine_us);
            let read = checkpoint::read(at, &bytes, |agent, known| {
                remembered.insert(agent, known);
            });
            if let Err(error) = read {
                // Whoever is missing is taken to have been heard just before the stop: longer here than it had to
                // be, never shorter.
                tracing::error!(partition, %error, "a checkpoint of contacts is damaged");
            }
        }
        Ok(Self {
            records,
            remembered,
            saved: engine_time::saved(store).await?,
        })
    }

    /// The time in which nobody could be heard, because the server was not running.
    pub(super) fn away(&self, now_ms: i64) -> Option<BlindSpan> {
        let (_, from_ms) = self.saved?;
        (from_ms < now_ms).then_some(BlindSpan {
            from_ms,
            to_ms: now_ms,
            reason: BlindReason::Away,
        })
    }

    fn restored(&self, record: &AgentRecord) -> Restored {
        let remembered = self.remembered.get(&record.id).copied();
        let since_save = self.saved.map_or(0, |(_, saved_ms)| saved_ms - record.since_ms);
        Restored {
            status: record.status,
            boot: record.boot,
            // Each may be the newer one: the row is written at a registration, the checkpoint once a minute.
            applied: remembered.map_or(0, |known| known.applied).max(record.applied),
            addresses: Addresses {
                own: record.local_address,
                observed: record.address,
            },
            in_status_for: Duration::from_millis(u64::try_from(since_save).unwrap_or(0)),
            remembered,
        }
    }

    pub(super) async fn take_up(
        &self,
        store: &Store,
        clock: Clock,
        settings: &InForce,
    ) -> Result<(Engine, Prepared, Vec<Place>), StartError> {
        let known = |record: &AgentRecord| Known {
            agent: record.id,
            restored: self.restored(record),
        };
        let start = Start {
            resumed: self.saved.map_or(EngineTime::ZERO, |(at, _)| at),
            saved_wall_ms: self.saved.map(|(_, wall_ms)| wall_ms),
            rulebook: settings.rulebook(),
            last_transition: store.transitions().greatest_id().await?,
            known: self.records.iter().map(known).collect(),
        };
        Ok(Engine::prepare(clock, &start)?)
    }
}
