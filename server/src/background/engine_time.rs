//! Saves engine time every second (rule 1), so that a restart resumes where it stood: in the database, which a backup
//! takes along, and in a file of the data folder ([`TimeFile`]), which is there when the database is away.

mod file;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rollcall_presence::EngineTime;
use tokio::sync::watch;

use super::database_watch::DatabaseWatch;
use crate::clock::{Clock, MachineTime};
use crate::engine::Engine;
use crate::error_chain::chain;
use crate::store::engine_state::EngineState;
use crate::store::{Store, StoreError};

pub use file::{TimeFile, Writing};

/// How often (rule 1).
const EVERY: Duration = Duration::from_secs(1);

/// How long a start waits for the file: a disk that hangs must not keep the server from hearing agents.
const READ: Duration = Duration::from_secs(5);

/// Where engine time stood when it was last saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Engine time.
    pub at: EngineTime,
    /// The wall clock of then.
    pub wall_ms: i64,
    /// The machine's own time of then, where it is known.
    pub machine: Option<MachineTime>,
}

/// What was saved last, there or there; nothing before the first time.
///
/// # Errors
/// What the database says.
pub async fn saved(store: &Store, file: &TimeFile) -> Result<Option<Saved>, StoreError> {
    let Some(row) = store.engine_state().load().await? else {
        return Ok(None);
    };
    file.note_in_database(row.engine_ms);
    let kept = file.read(READ).await;
    Ok(Some(newer(row, kept)))
}

/// The newer of the two. A file that knew of more in the database than there is now is from before a backup was
/// restored: what agents said since that backup is forgotten, so engine time goes on from the backup, too.
fn newer(row: EngineState, kept: Option<file::Kept>) -> Saved {
    let kept = kept.filter(|kept| kept.in_database_ms <= row.engine_ms && kept.engine_ms >= row.engine_ms);
    let (engine_ms, wall_ms, machine) = match kept {
        Some(kept) => (kept.engine_ms, kept.saved_wall_ms, Some(kept.machine)),
        None => (row.engine_ms, row.saved_wall_ms, None),
    };
    let micros = u64::try_from(engine_ms).unwrap_or(0).saturating_mul(1_000);
    Saved {
        at: EngineTime::from_micros(micros),
        wall_ms,
        machine,
    }
}

/// Saves engine time in the database until told to stop. As it asks that every second, it also knows first when it is
/// away.
pub async fn run(
    store: Store,
    engine: Engine,
    clock: Clock,
    file: TimeFile,
    database: DatabaseWatch,
    mut stop: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopping = tokio::select! {
            _ = tick.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if stopping {
            return;
        }
        let state = state(&engine, clock);
        match store.engine_state().save(state).await {
            Ok(()) => {
                file.note_in_database(state.engine_ms);
                if database.note_answered() {
                    tracing::info!("the database is back");
                }
            }
            Err(error) => {
                if database.note_failed(&error) {
                    tracing::warn!(
                        error = chain(&error),
                        "the database does not do what it is asked: engine time is not saved in it"
                    );
                }
            }
        }
    }
}

/// How long each of the last saves may take.
const LAST_SAVE: Duration = Duration::from_secs(1);

/// Saves engine time once more, when nobody is heard any more: what the stop took is then no absence.
pub async fn last(store: &Store, engine: &Engine, clock: Clock, writing: Writing) {
    let save = store.engine_state();
    let saved = tokio::time::timeout(LAST_SAVE, save.save(state(engine, clock))).await;
    match saved {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(
            error = chain(&error),
            "the last engine time was not saved in the database"
        ),
        Err(_) => tracing::warn!("the last engine time was not saved in the database in time"),
    }
    writing.last(LAST_SAVE).await;
}

fn state(engine: &Engine, clock: Clock) -> EngineState {
    EngineState {
        engine_ms: i64::try_from(engine.now().as_micros() / 1_000).unwrap_or(i64::MAX),
        saved_wall_ms: clock.wall_ms(),
    }
}
