//! Throws away what has ended: sessions past their time.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::Store;

/// How often. What has ended is refused anyway; this only frees the space.
const EVERY: Duration = Duration::from_hours(1);

/// Tidies up until told to stop.
pub async fn run(store: Store, clock: Clock, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match store.sessions().delete_expired(clock.wall_ms()).await {
            Ok(0) => {}
            Ok(ended) => tracing::debug!(ended, "threw away sessions that had ended"),
            Err(error) => tracing::warn!(%error, "sessions that have ended cannot be thrown away"),
        }
    }
}
