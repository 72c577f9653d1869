//! Writes down now and then when everyone was last heard, so that a restart remembers it (rule 6).
//!
//! A heartbeat writes nothing. What is written here grows with the fleet and not with how often it reports: each
//! partition once a round, in one row.

use std::time::Duration;

use rollcall_presence::PARTITIONS;
use tokio::sync::watch;

use crate::engine::Engine;
use crate::error_chain::chain;
use crate::store::Store;

/// How long a round over all partitions takes: what a crash makes the server forget.
const ROUND: Duration = Duration::from_mins(1);

/// How long the last round may take: a database that is away must not keep the server from stopping.
const LAST_ROUND: Duration = Duration::from_secs(2);

/// Writes until told to stop.
pub async fn run(store: Store, engine: Engine, mut stop: watch::Receiver<bool>) {
    let partitions = u32::try_from(PARTITIONS).unwrap_or(u32::MAX);
    let mut tick = tokio::time::interval(ROUND / partitions);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    for partition in (0..PARTITIONS).cycle() {
        let stopping = tokio::select! {
            _ = tick.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if stopping {
            return;
        }
        write(&store, &engine, partition, &mut failing).await;
    }
}

/// Writes all of them once more, when nobody is heard any more. Gives up where the database does not answer: what was
/// written before is then a minute old at the most.
pub async fn last(store: &Store, engine: &Engine) {
    let round = async {
        let mut failing = false;
        for partition in 0..PARTITIONS {
            write(store, engine, partition, &mut failing).await;
            if failing {
                return;
            }
        }
    };
    if tokio::time::timeout(LAST_ROUND, round).await.is_err() {
        tracing::warn!("the last contacts were not written down in time");
    }
}

async fn write(store: &Store, engine: &Engine, partition: usize, failing: &mut bool) {
    let Ok(partition) = u8::try_from(partition) else {
        return;
    };
    let Ok(checkpoint) = engine.checkpoint(partition).await else {
        return;
    };
    let saved = store
        .checkpoints()
        .save(
            u16::from(checkpoint.partition),
            checkpoint.at.as_micros(),
            checkpoint.bytes,
        )
        .await;
    match saved {
        Ok(()) => *failing = false,
        // Said once: a database that is away is told of elsewhere, too.
        Err(error) if !*failing => {
            *failing = true;
            tracing::warn!(
                error = chain(&error),
                "the checkpoint of contacts cannot be written; a restart now would forget the latest"
            );
        }
        Err(_) => {}
    }
}
