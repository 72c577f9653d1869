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
pub async fn run(store: Store, engine: Engine, stop: watch::Receiver<bool>) {
    rounds(store, engine, ROUND, stop).await;
}

/// The same with rounds that take so long.
async fn rounds(store: Store, engine: Engine, round: Duration, mut stop: watch::Receiver<bool>) {
    let partitions = u32::try_from(PARTITIONS).unwrap_or(u32::MAX);
    let mut tick = tokio::time::interval(round / partitions);
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

#[cfg(test)]
mod tests {
    use rollcall_presence::{EngineTime, Place, checkpoint};
    use rollcall_shared::AgentId;

    use super::*;
    use crate::api::agent::testing::{Server, TestAgent};

    /// The sequence that the checkpoints remember of an agent; 0 where they do not know it.
    async fn remembered(store: &Store, agent: &TestAgent) -> u32 {
        let wanted: AgentId = agent.id.parse().unwrap();
        let mut sequence = 0;
        let partition = u16::from(Place::partition_of(wanted));
        if let Some((engine_us, bytes)) = store.checkpoints().of(partition).await.unwrap() {
            let read = checkpoint::read(EngineTime::from_micros(engine_us), &bytes, |agent, known| {
                if agent == wanted {
                    sequence = known.boot.map_or(0, |(_, sequence)| sequence);
                }
            });
            read.unwrap();
        }
        sequence
    }

    #[tokio::test]
    async fn round_after_round_what_was_heard_is_written_down() {
        let server = Server::start().await;
        let app = &server.backend.app;
        let mut agents = Vec::new();
        for number in 0..8 {
            agents.push(server.online(&format!("web-{number}")).await);
        }
        let (stop, stopping) = watch::channel(false);
        let (store, engine) = (app.store.clone(), app.engine.clone());
        let writing = tokio::spawn(rounds(store, engine, Duration::from_millis(64), stopping));
        for _ in 0..3 {
            for agent in &mut agents {
                agent.heartbeat(&server).await;
            }
            for agent in &agents {
                // The harness ends a test that waits in vain.
                while remembered(&app.store, agent).await != agent.sequence {
                    tokio::task::yield_now().await;
                }
            }
        }
        stop.send_replace(true);
        writing.await.unwrap();
    }
}
