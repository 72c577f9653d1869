//! `GET /api/v1/presence/hour`: how many agents had which status over the last hour.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::Status;
use rollcall_shared::console_api::Hour;

use super::walk::{self, MINUTE_MS, MINUTES};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::watcher::Watcher;
use crate::scope::Scope;

/// A change is in the database within a second where that is well.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Show the last hour
///
/// How many agents had which status at the end of each of the last sixty minutes, of those that the person or display may see, and
/// when the server was blind. Agents are counted where they are now, also for the minutes before they were moved there.
#[utoipa::path(
    get,
    path = "/api/v1/presence/hour",
    operation_id = "show_hour",
    tag = "status",
    responses(
        (status = 200, description = "Minute by minute", body = Hour),
        (status = 401, description = "Nobody is signed in, and no display is let in", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn hour(State(app): State<Arc<App>>, watcher: Watcher) -> Result<Json<Hour>, Refusal> {
    watcher.may_look()?;
    let now = count(Arc::clone(&app), watcher.scope().clone()).await;
    let now_ms = app.clock.wall_ms();
    // What was counted is to be among what is read. Where the database is slow, some of it is not, and is told a little wrong.
    let _written = tokio::time::timeout(WRITTEN_WITHIN, app.journal.durable()).await;
    let from_ms = (now_ms.div_euclid(MINUTE_MS) - MINUTES + 1) * MINUTE_MS;
    let until_ms = now_ms + 1;
    let changes = app
        .store
        .transitions()
        .by_minute(watcher.scope(), from_ms, until_ms)
        .await?;
    let blind = app.store.blind_spans().overlapping(from_ms, now_ms).await?;
    Ok(Json(Hour {
        now_ms,
        minutes: walk::back(now_ms, &now, &changes),
        blind,
    }))
}

/// How many there are now. A million take milliseconds to count, in which no other request waits for this thread.
async fn count(app: Arc<App>, scope: Scope) -> HashMap<Status, u32> {
    let count = tokio::task::spawn_blocking(move || {
        let mut counts: HashMap<Status, u32> = HashMap::new();
        for status in app.roster.view().statuses(&scope) {
            *counts.entry(status).or_default() += 1;
        }
        counts
    });
    // It does not panic; at the server's end nobody waits for the answer.
    count.await.unwrap_or_default()
}
