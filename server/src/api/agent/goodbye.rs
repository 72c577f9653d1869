//! `POST /api/agent/v1/goodbye`: the agent says what becomes of it (rule 10).

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_presence::Event;
use rollcall_shared::agent_api::Goodbye;
use rollcall_shared::{GoodbyeKind, Problem};

use super::caller::Caller;
use super::{NotCounted, check_fence, kept};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;

/// Say goodbye
///
/// `stop`: offline at once; a registration within a minute makes one restart of both. `restart`: the agent has
/// a minute to come back. `uninstall`: retired, and the credential ends.
#[utoipa::path(
    post,
    path = "/api/agent/v1/goodbye",
    tag = "agents' calls",
    security(("agent" = [])),
    request_body(content = Goodbye, example = json!({ "boot": "9f3a01c2", "sequence": 18, "applied": 41, "kind": "stop" })),
    responses(
        (status = 204, description = "Noted"),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another boot is the current one, or the sequence is not higher than the last", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn goodbye(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(goodbye): Json<Goodbye>,
) -> Result<StatusCode, Refusal> {
    check_fence(goodbye.fence)?;
    let Goodbye { fence, kind } = goodbye;
    let event = Event::Goodbye { fence, kind };
    let handled = app
        .engine
        .handle(caller.place, event)
        .await
        .map_err(NotCounted::Engine)?;
    NotCounted::check(handled.outcome)?;
    kept(&app).await;
    if kind == GoodbyeKind::Uninstall {
        // It retires the agent: what was taken away must not come back with a restart.
        app.durable().await.map_err(Refusal::not_durable)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
