//! Throws away what has ended: sessions past their time, notifications of long ago.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::notify::Outbox;
use crate::store::Store;

/// How often. What has ended is refused anyway; this only frees the space.
const EVERY: Duration = Duration::from_hours(1);

/// How long an agent's page shows what became of a notification; what is under way is kept.
const NOTIFICATIONS_KEPT: Duration = Duration::from_hours(90 * 24);

/// Tidies up until told to stop.
pub async fn run(store: Store, clock: Clock, outbox: Outbox, mut stop: watch::Receiver<bool>) {
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
        let kept_ms = i64::try_from(NOTIFICATIONS_KEPT.as_millis()).unwrap_or(i64::MAX);
        let before_ms = clock.wall_ms().saturating_sub(kept_ms);
        match store.notifications().forget(before_ms, &outbox.subjects()).await {
            Ok(0) => {}
            Ok(ended) => tracing::debug!(ended, "threw away notifications of long ago"),
            Err(error) => tracing::warn!(%error, "notifications of long ago cannot be thrown away"),
        }
    }
}
