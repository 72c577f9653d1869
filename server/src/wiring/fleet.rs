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
use crate::background::engine_time::{self, Saved, TimeFile};
use crate::clock::{Clock, MachineTime};
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
    /// Where engine time stood.
    saved: Option<Saved>,
}

impl Fleet {
    pub(super) async fn read(store: &Store, file: &TimeFile) -> Result<Self, StoreError> {
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
            saved: engine_time::saved(store, file).await?,
        })
    }

    /// The time in which nobody could be heard, because the server was not running. As the wall clock has it now: where
    /// that was set back meanwhile, the absence ends now and is as long as the machine says that it was.
    pub(super) fn away(&self, now_ms: i64, now: &MachineTime) -> Option<BlindSpan> {
        let saved = self.saved.as_ref()?;
        let lasted_ms = saved.machine.as_ref().and_then(|then| now.since(then));
        let from_ms = saved.wall_ms.min(now_ms - lasted_ms.unwrap_or(0));
        (from_ms < now_ms).then_some(BlindSpan {
            from_ms,
            to_ms: now_ms,
            reason: BlindReason::Away,
        })
    }

    fn restored(&self, record: &AgentRecord) -> Restored {
        let remembered = self.remembered.get(&record.id).copied();
        let saved = self.saved.as_ref();
        let since_save = saved.map_or(0, |saved| saved.wall_ms - record.since_ms);
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
            resumed: self.saved.as_ref().map_or(EngineTime::ZERO, |saved| saved.at),
            saved_wall_ms: self.saved.as_ref().map(|saved| saved.wall_ms),
            rulebook: settings.rulebook(),
            last_transition: store.transitions().greatest_id().await?,
            known: self.records.iter().map(known).collect(),
        };
        Ok(Engine::prepare(clock, &start)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(since_ms: u64) -> MachineTime {
        MachineTime {
            run: "one".to_owned(),
            since_ms,
        }
    }

    fn saved(machine: Option<MachineTime>) -> Fleet {
        Fleet {
            records: Vec::new(),
            remembered: HashMap::new(),
            saved: Some(Saved {
                at: EngineTime::ZERO,
                wall_ms: 1_000_000,
                machine,
            }),
        }
    }

    #[test]
    fn an_absence_is_booked_also_where_the_wall_clock_was_set_back_over_it() {
        // It was saved 100 s after the machine was started, and the server is back a minute later.
        let (known, back) = (Some(machine(100_000)), machine(160_000));
        for (then, now_ms, booked) in [
            (known.clone(), 1_060_000, Some((1_000_000, 1_060_000))),
            // Set back by an hour, and by half of the absence.
            (known.clone(), -2_540_000, Some((-2_600_000, -2_540_000))),
            (known.clone(), 1_030_000, Some((970_000, 1_030_000))),
            // Set on by an hour: nobody was heard in it.
            (known, 4_660_000, Some((1_000_000, 4_660_000))),
            // Where the machine does not say how long it was, the wall clock alone does.
            (None, 1_060_000, Some((1_000_000, 1_060_000))),
            (None, 999_000, None),
        ] {
            let away = saved(then.clone()).away(now_ms, &back);
            let span = away.map(|away| (away.from_ms, away.to_ms));
            assert_eq!(span, booked, "{then:?} {now_ms}");
        }
        let first = Fleet {
            saved: None,
            ..saved(None)
        };
        assert_eq!(
            first.away(1_060_000, &back),
            None,
            "nothing was away before the first start"
        );
    }
}
