//! `POST /api/agent/v1/heartbeat`: still here. The hot path: credential, cell, answer; no lock, no database.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_presence::{Contact, Event};
use rollcall_shared::agent_api::{Heartbeat, HeartbeatAnswer};
use rollcall_shared::{ContactKind, Problem};

use super::caller::Caller;
use super::{NotCounted, check_fence};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;

/// The most bytes of a heartbeat: it has some fifty, and a newer agent may add to it.
const LIMIT: usize = 1024;

/// Send a heartbeat
///
/// Renews the lease. Carries no settings and no components; the answer says whether there are any to poll for.
#[utoipa::path(
    post,
    path = "/api/agent/v1/heartbeat",
    tag = "agents' calls",
    security(("agent" = [])),
    request_body(content = Heartbeat, example = json!({ "boot": "9f3a01c2", "sequence": 17, "applied": 41 })),
    responses(
        (status = 200, description = "The lease runs from now", body = HeartbeatAnswer),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another boot is the current one, or the sequence is not higher than the last", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn heartbeat(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(Heartbeat { fence }): Json<Heartbeat, LIMIT>,
) -> Result<Answer<HeartbeatAnswer>, Refusal> {
    check_fence(fence)?;
    match app.engine.contact(caller.place, fence, ContactKind::Heartbeat) {
        Contact::Renewed => {}
        Contact::NeedsEvent => {
            let event = Event::Contact {
                boot: fence.boot,
                sequence: fence.sequence,
                kind: ContactKind::Heartbeat,
            };
            let outcome = app
                .engine
                .handle(caller.place, event)
                .await
                .map_err(NotCounted::Engine)?;
            NotCounted::check(outcome)?;
        }
        Contact::Stale => Err(NotCounted::Stale)?,
        Contact::RegisterFirst => Err(NotCounted::RegisterFirst)?,
    }
    app.note_applied(caller.agent, fence.applied);
    Ok(Answer(HeartbeatAnswer {
        next_in_ms: app.next_in_ms(caller.agent, fence.sequence),
        settings_version: app.settings.current.version,
        poll_now: false,
        epoch: app.epoch(),
    }))
}

#[cfg(test)]
mod tests;
