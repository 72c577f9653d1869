//! The fleet as the store knows it, taken up at the start: agents, what the last checkpoints say of them, and where engine
//! time stood. A piece at a time, so that a large fleet is not in memory twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rollcall_presence::checkpoint::Remembered;
use rollcall_presence::{Addresses, EngineTime, PARTITIONS, Place, Restored, checkpoint};
use rollcall_shared::console_api::{BlindReason, BlindSpan};
use rollcall_shared::{AgentId, Status};

use super::StartError;
use crate::auth::agents::{self, AgentCredentials};
use crate::auth::master_key::MasterKey;
use crate::background::engine_time::Saved;
use crate::clock::{Clock, MachineTime};
use crate::engine::{Engine, Known, Prepared, Start};
use crate::roster::Roster;
use crate::settings::InForce;
use crate::store::agents::{AgentRecord, Piece};
use crate::store::{Store, StoreError};

/// Pieces that are read ahead of the one that is taken up: so the database, the reading of its rows and the taking up
/// go on at the same time, and no more of the fleet than this is in memory twice.
const AHEAD: usize = 3;

/// A part of the fleet as the store knows it, ready to be taken up.
struct Part(Vec<Member>);

/// One of them.
struct Member {
    record: AgentRecord,
    restored: Restored,
    credential: agents::Known,
}

/// What the last checkpoints say of agents.
type Memory = HashMap<AgentId, Remembered>;

impl Part {
    /// What can be worked out before it is known where the engine keeps them is worked out here, for several parts at once.
    async fn read(of: Of, piece: Piece) -> Result<Self, StoreError> {
        let Of {
            store,
            master_key,
            saved,
            remembered,
        } = of;
        let records = store.agents().of_piece(&piece).await?;
        let remembered = match (piece, remembered) {
            (Piece::Ids(ids), None) => Arc::new(remember(&store, Place::partition_of(*ids.start())).await?),
            (_, remembered) => remembered.unwrap_or_default(),
        };
        let members = records.into_iter().map(|record| {
            let remembered = remembered.get(&record.id).copied();
            let sealed = record.proof_key.as_deref();
            Member {
                restored: restored(&record, remembered, saved.as_deref()),
                credential: agents::Known {
                    retired: record.status == Status::Retired,
                    observed: record.address,
                    proof_key: sealed.and_then(|sealed| master_key.unseal(record.id, sealed)),
                },
                record,
            }
        });
        Ok(Self(members.collect()))
    }
}

/// Reads the last checkpoint of a partition.
async fn remember(store: &Store, partition: u8) -> Result<Memory, StoreError> {
    let mut remembered = Memory::new();
    if let Some((engine_us, bytes)) = store.checkpoints().of(u16::from(partition)).await? {
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
    Ok(remembered)
}

/// What a part is read from.
#[derive(Clone)]
struct Of {
    store: Store,
    master_key: Arc<MasterKey>,
    saved: Option<Arc<Saved>>,
    /// Where parts are of all partitions, what is remembered of all.
    remembered: Option<Arc<Memory>>,
}

/// The fleet, taken up.
pub(super) struct Fleet {
    pub(super) engine: Engine,
    pub(super) prepared: Prepared,
    pub(super) roster: Arc<Roster>,
    pub(super) agents: Arc<AgentCredentials>,
}

impl Fleet {
    /// Takes up everybody whom the store knows, as they were when engine time was saved.
    pub(super) async fn take_up(
        store: &Store,
        clock: Clock,
        settings: &InForce,
        master_key: &Arc<MasterKey>,
        saved: Option<&Saved>,
    ) -> Result<Self, StartError> {
        let start = Start {
            resumed: saved.map_or(EngineTime::ZERO, |saved| saved.at),
            saved_wall_ms: saved.map(|saved| saved.wall_ms),
            rulebook: settings.rulebook(),
            last_transition: store.transitions().greatest_id().await?,
        };
        let (engine, prepared) = Engine::prepare(clock, &start);
        let count = usize::try_from(store.agents().count().await?).unwrap_or(usize::MAX);
        let mut fleet = Self {
            roster: Arc::new(Roster::with_room(engine.clone(), count)),
            agents: Arc::new(AgentCredentials::with_room(count)),
            engine,
            prepared,
        };
        let partitions = 0..u8::try_from(PARTITIONS).unwrap_or(u8::MAX);
        let ids = partitions.clone().map(Place::ids_of);
        let pieces = store.agents().pieces(ids.collect()).await?;
        let mut remembered = None;
        if pieces.iter().any(|piece| matches!(piece, Piece::Pages(..))) {
            let mut all = Memory::with_capacity(count);
            for partition in partitions {
                all.extend(remember(store, partition).await?);
            }
            remembered = Some(Arc::new(all));
        }
        let of = Of {
            store: store.clone(),
            master_key: Arc::clone(master_key),
            saved: saved.cloned().map(Arc::new),
            remembered,
        };
        let reading = |piece| tokio::spawn(Part::read(of.clone(), piece));
        let mut parts = stream::iter(pieces).map(reading).buffered(AHEAD);
        while let Some(part) = parts.next().await {
            let Part(members) = part.map_err(StartError::Reading)??;
            for member in &members {
                fleet.add(member)?;
            }
        }
        Ok(fleet)
    }

    fn add(&mut self, member: &Member) -> Result<(), StartError> {
        let Member {
            record,
            restored,
            credential,
        } = member;
        let known = Known {
            agent: record.id,
            restored: *restored,
        };
        let place = self.prepared.take_up(&known)?;
        self.roster.insert(record, place);
        self.agents
            .insert(record.id, record.secret_hash, place, credential.clone());
        Ok(())
    }
}

fn restored(record: &AgentRecord, remembered: Option<Remembered>, saved: Option<&Saved>) -> Restored {
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

/// The time in which nobody could be heard, because the server was not running. As the wall clock has it now: where
/// that was set back meanwhile, the absence ends now and is as long as the machine says that it was.
pub(super) fn away(saved: &Saved, now_ms: i64, now: &MachineTime) -> Option<BlindSpan> {
    let lasted_ms = saved.machine.as_ref().and_then(|then| now.since(then));
    let from_ms = saved.wall_ms.min(now_ms - lasted_ms.unwrap_or(0));
    (from_ms < now_ms).then_some(BlindSpan {
        from_ms,
        to_ms: now_ms,
        reason: BlindReason::Away,
    })
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

    fn saved(machine: Option<MachineTime>) -> Saved {
        Saved {
            at: EngineTime::ZERO,
            wall_ms: 1_000_000,
            machine,
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
            let away = away(&saved(then.clone()), now_ms, &back);
            let span = away.map(|away| (away.from_ms, away.to_ms));
            assert_eq!(span, booked, "{then:?} {now_ms}");
        }
    }
}
