//! `POST /api/agent/v1/poll`: what is new?

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_shared::agent_api::{NewSettings, Poll, PollAnswer};
use rollcall_shared::console_api::{Subject, Way};
use rollcall_shared::{ContactKind, Problem, Reachability};

use super::caller::Caller;
use super::{NotCounted, check_fence, hear};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::peer::Peer;

/// The most bytes of a poll: it has some fifty, and a newer agent may add to it.
const LIMIT: usize = 64 * 1024;

/// Poll
///
/// Renews the lease, and gives the settings where the agent reports another version than the newest as applied.
/// Independent of heartbeats.
#[utoipa::path(
    post,
    path = "/api/agent/v1/poll",
    tag = "agents' calls",
    security(("agent" = [])),
    request_body(content = Poll, example = json!({ "boot": "9f3a01c2", "sequence": 18, "applied": 41 })),
    responses(
        (status = 200, description = "What is new", body = PollAnswer),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another boot is the current one, or the sequence is not higher than the last", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn poll(
    State(app): State<Arc<App>>,
    caller: Caller,
    peer: Peer,
    Json(Poll { fence, .. }): Json<Poll, LIMIT>,
) -> Result<Answer<PollAnswer>, Refusal> {
    check_fence(fence)?;
    hear(&app, caller, &peer, fence, ContactKind::Poll).await?;
    let verdict = app
        .engine
        .verdict(caller.place)
        .await
        .map_err(NotCounted::Engine)?;
    let reachability = verdict.map_or(Reachability::Reachable, |verdict| verdict.reachability);
    let current = app.settings.current();
    let settings = (fence.applied != current.version).then(|| NewSettings {
        settings: current.settings.for_agents(),
        version: current.version,
        minute_ms: current.minute_ms,
    });
    if let Some(new) = &settings {
        app.outbox
            .delivered(caller.agent, &Subject::Settings(new.version), Way::Poll);
    }
    let (next_in_ms, next_poll_in_ms) = app.duties(caller.agent, reachability);
    Ok(Answer(PollAnswer {
        settings,
        components: Vec::new(),
        observed_address: peer.address,
        reachability,
        next_in_ms,
        next_poll_in_ms,
        epoch: app.epoch(),
    }))
}

#[cfg(test)]
mod tests;
