//! Saves engine time every second (rule 1), so that a restart resumes where it stood.

use std::time::Duration;

use rollcall_presence::EngineTime;
use tokio::sync::watch;

use super::database_watch::DatabaseWatch;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error_chain::chain;
use crate::store::engine_state::EngineState;
use crate::store::{Store, StoreError};

/// How often (rule 1).
const EVERY: Duration = Duration::from_secs(1);

/// Where engine time stood when it was last saved, and the wall clock of then; nothing before the first time.
///
/// # Errors
/// What the database says.
pub async fn saved(store: &Store) -> Result<Option<(EngineTime, i64)>, StoreError> {
    let state = store.engine_state().load().await?;
    Ok(state.map(|state| {
        let micros = u64::try_from(state.engine_ms).unwrap_or(0).saturating_mul(1_000);
        (EngineTime::from_micros(micros), state.saved_wall_ms)
    }))
}

/// Saves engine time until told to stop. As it asks the database every second, it also knows first when that is away.
pub async fn run(
    store: Store,
    engine: Engine,
    clock: Clock,
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
        match store.engine_state().save(state(&engine, clock)).await {
            Ok(()) => {
                if database.note_answered() {
                    tracing::info!("the database is back");
                }
            }
            Err(error) => {
                if database.note_failed(&error) {
                    tracing::warn!(
                        error = chain(&error),
                        "the database does not do what it is asked: engine time is not saved"
                    );
                }
            }
        }
    }
}

/// How long the last save may take.
const LAST_SAVE: Duration = Duration::from_secs(1);

/// Saves engine time once more, when nobody is heard any more: what the stop took is then no absence.
pub async fn last(store: &Store, engine: &Engine, clock: Clock) {
    let save = store.engine_state();
    let saved = tokio::time::timeout(LAST_SAVE, save.save(state(engine, clock))).await;
    match saved {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(error = chain(&error), "the last engine time was not saved"),
        Err(_) => tracing::warn!("the last engine time was not saved in time"),
    }
}

fn state(engine: &Engine, clock: Clock) -> EngineState {
    EngineState {
        engine_ms: i64::try_from(engine.now().as_micros() / 1_000).unwrap_or(i64::MAX),
        saved_wall_ms: clock.wall_ms(),
    }
}
