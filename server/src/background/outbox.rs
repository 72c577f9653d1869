//! Writes down how far news has got, and takes up settings that were saved.

use std::sync::Arc;
use std::time::Duration;

use rollcall_shared::console_api::Subject;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::notify::Outbox;
use crate::settings::InForce;
use crate::store::Store;

/// How often. A page that asks the database in between is told what is not written yet by the outbox itself.
const EVERY: Duration = Duration::from_millis(250);

/// Works until told to stop. What a database that is away does not take waits: at most one mark a notification.
pub async fn run(store: Store, outbox: Outbox, settings: Arc<InForce>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut fails = false;
    loop {
        let last = tokio::select! {
            _ = tick.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        let written = write(&store, &outbox, &settings).await;
        if let Err(error) = &written
            && !fails
        {
            tracing::warn!(%error, "how far news has got is not written down: the database does not answer");
        }
        fails = written.is_err();
        if last {
            // What was not written is found at the next start by what agents have applied.
            return;
        }
    }
}

async fn write(store: &Store, outbox: &Outbox, settings: &InForce) -> Result<(), crate::store::StoreError> {
    // A save whose asker left, or one that was found in the database, is news too.
    outbox
        .take_up(store, &Subject::Settings(settings.version()))
        .await?;
    outbox.write_down(store).await
}
