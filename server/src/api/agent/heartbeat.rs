//! `POST /api/agent/v1/heartbeat`: still here. The hot path: credential, cell, answer; no lock, no database.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_shared::agent_api::{Heartbeat, HeartbeatAnswer};
use rollcall_shared::{ContactKind, LeaseKind, Problem};

use super::caller::Caller;
use super::{NotCounted, check_fence, hear};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::peer::Peer;

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
    peer: Peer,
    Json(Heartbeat { fence }): Json<Heartbeat, LIMIT>,
) -> Result<Answer<HeartbeatAnswer>, Refusal> {
    check_fence(fence)?;
    hear(&app, caller, &peer, fence, ContactKind::Heartbeat).await?;
    let newest = app.settings.version();
    let poll_now = fence.applied != newest || app.untold.has(caller.agent) || !may_send(&app, caller).await?;
    if poll_now {
        app.outbox.prompted(&[caller.agent]);
    }
    Ok(Answer(HeartbeatAnswer {
        next_in_ms: app.next_in_ms(caller.agent),
        settings_version: newest,
        poll_now,
        epoch: app.epoch(),
    }))
}

/// Whether the agent is to send heartbeats at all. One that left the unreachable network by its address goes on until
/// it polls. Only where not all agents send them is anybody asked.
async fn may_send(app: &App, caller: Caller) -> Result<bool, NotCounted> {
    if app.settings.all_send_heartbeats() {
        return Ok(true);
    }
    let verdict = app.engine.verdict(caller.place).await?;
    Ok(verdict.is_none_or(|verdict| verdict.newest == LeaseKind::Heartbeat))
}

#[cfg(test)]
mod tests;
