//! Loopback packets that owners have to hear of: what a heartbeat waits for, they wait for here, many at a time.

use std::sync::Arc;

use futures_util::future::join_all;
use rollcall_presence::Outcome;
use rollcall_shared::AgentId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::api::app::App;
use crate::net::loopback::{LeftToOthers, Parts, Rare, Sockets, StartError};
use crate::notify::Outbox;

/// How many are taken together: they are waited for by one write, or noted under one lock.
const TOGETHER: usize = 256;

/// How many such lots may wait for the disk.
const WAITING: usize = 16;

/// Begins to take packets; the task ends with the listeners.
pub(super) fn start(app: &Arc<App>, sockets: Sockets) -> Result<JoinHandle<()>, StartError> {
    let parts = Parts {
        clock: app.clock,
        engine: app.engine.clone(),
        agents: Arc::clone(&app.agents),
        settings: Arc::clone(&app.settings),
        untold: Arc::clone(&app.untold),
    };
    let LeftToOthers { rare, prompted } = app.loopback.start(sockets, &parts, &app.stopping)?;
    let noting = tokio::spawn(note(app.outbox.clone(), prompted));
    let hearing = hear(Arc::clone(app), rare);
    Ok(tokio::spawn(async move {
        hearing.await;
        if let Err(error) = noting.await {
            tracing::error!(%error, "who was asked to poll is not noted any more");
        }
    }))
}

/// Notes who was asked to poll. The outbox has a lock, for which no packet is to wait.
async fn note(outbox: Outbox, mut prompted: mpsc::Receiver<AgentId>) {
    let mut some = Vec::with_capacity(TOGETHER);
    while prompted.recv_many(&mut some, TOGETHER).await > 0 {
        outbox.prompted(&some);
        some.clear();
    }
}

async fn hear(app: Arc<App>, mut rare: mpsc::Receiver<Rare>) {
    let waiting = Arc::new(Semaphore::new(WAITING));
    let mut some = Vec::with_capacity(TOGETHER);
    while rare.recv_many(&mut some, TOGETHER).await > 0 {
        let outcomes = join_all(some.iter().map(|rare| outcome(&app, rare))).await;
        let heard: Vec<_> = some.drain(..).zip(outcomes).collect();
        // A disk that hangs holds up answers, and no presence: whoever misses its echo sends again.
        if let Ok(place) = Arc::clone(&waiting).try_acquire_owned() {
            tokio::spawn(answer(Arc::clone(&app), heard, place));
        }
    }
}

/// Answers once what was heard is kept: nothing that an agent is told is forgotten by a killed server.
async fn answer(app: Arc<App>, heard: Vec<(Rare, Option<Outcome>)>, _place: OwnedSemaphorePermit) {
    // Where the disk fails, presence goes on.
    if let Err(error) = app.journal.kept().await {
        tracing::debug!(%error, "answered all the same");
    }
    for (rare, outcome) in heard {
        if let Some(outcome) = outcome {
            app.loopback.answer(&rare, outcome);
        }
    }
}

/// What became of it; nothing where the engine was stopped.
async fn outcome(app: &App, rare: &Rare) -> Option<Outcome> {
    let handled = app.engine.handle_at(rare.place, rare.event, rare.at).await.ok()?;
    if handled.outcome == Outcome::Accepted {
        app.agents.note_mapping(rare.agent, rare.from());
    }
    Some(handled.outcome)
}
