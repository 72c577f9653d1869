//! `POST /api/v1/agents/{id}/retire`: takes an agent off the roll call for good.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_presence::Event;
use rollcall_shared::{AgentId, Problem};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, MayNot, Person};
use crate::engine::EngineError;

/// Why the agent was not retired.
#[derive(Debug, thiserror::Error)]
enum RetireError {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// No such agent, or none that the person may see.
    #[error("no agent {0}")]
    Unknown(AgentId),
    /// The engine cannot take it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<RetireError> for Refusal {
    fn from(error: RetireError) -> Self {
        match error {
            RetireError::MayNot(error) => error.into(),
            RetireError::Unknown(id) => Self::not_found(format!("There is no agent {id} that you may see.")),
            RetireError::Engine(error) => Self::unavailable(&error),
        }
    }
}

/// Retire an agent
///
/// It stays on the list as *Retired*, its credential ends, and its agent stops at its next call. Retiring it
/// again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{id}/retire",
    operation_id = "retire_agent",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id")),
    responses(
        (status = 204, description = "Retired"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Retired, but not yet written: no database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retire(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
) -> Result<StatusCode, Refusal> {
    person.may(Action::ManageAgents).map_err(RetireError::from)?;
    let (place, _) = app
        .roster
        .get(&person.scope, id)
        .ok_or(RetireError::Unknown(id))?;
    // Gone means that it was retired before: that is what was asked for.
    let _outcome = app
        .engine
        .handle(place, Event::Retire)
        .await
        .map_err(RetireError::from)?;
    app.agents.retire(id);
    // A credential that was taken away must not come back with a restart.
    app.durable().await.map_err(Refusal::not_durable)?;
    Ok(StatusCode::NO_CONTENT)
}
