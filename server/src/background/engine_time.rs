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

/// Where engine time stood when it was last saved.
///
/// # Errors
/// What the database says.
pub async fn saved(store: &Store) -> Result<EngineTime, StoreError> {
    let state = store.engine_state().load().await?;
    let micros = state
        .and_then(|state| u64::try_from(state.engine_ms).ok())
        .unwrap_or(0)
        .saturating_mul(1_000);
    Ok(EngineTime::from_micros(micros))
}

/// Saves engine time until told to stop, and once more then. As it asks the database every second, it also
/// knows first when that is away.
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
        let engine_ms = i64::try_from(engine.now().as_micros() / 1_000).unwrap_or(i64::MAX);
        let state = EngineState {
            engine_ms,
            saved_wall_ms: clock.wall_ms(),
        };
        match store.engine_state().save(state).await {
            Ok(()) => {
                if database.note(true) {
                    tracing::info!("the database is back");
                }
            }
            Err(error) => {
                if database.note(false) {
                    tracing::warn!(
                        error = chain(&error),
                        "the database does not answer: engine time is not saved"
                    );
                }
            }
        }
        if stopping {
            return;
        }
    }
}
