//! `POST /api/v1/agents/{id}/retire`: takes an agent off the roll call for good.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::console_api::RetireOutcome;
use rollcall_shared::{AgentId, Problem};

use super::retirement::{NotRetired, retire_all};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, MayNot, Person};

/// Why the agent was not retired.
#[derive(Debug, thiserror::Error)]
enum RetireError {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// No such agent, or none that the person may see.
    #[error("no agent {0}")]
    Unknown(AgentId),
    /// It was not, or not for sure.
    #[error(transparent)]
    Failed(#[from] NotRetired),
}

impl From<RetireError> for Refusal {
    fn from(error: RetireError) -> Self {
        match error {
            RetireError::MayNot(error) => error.into(),
            RetireError::Unknown(id) => Self::not_found(format!("There is no agent {id} that you may see.")),
            RetireError::Failed(error) => error.into(),
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
    let act = async move { retire_all(&app, &person, &[id]).await };
    let retired = tokio::spawn(act)
        .await
        .map_err(|error| Refusal::internal(&error))?;
    match retired.map_err(RetireError::from)?.first() {
        Some(one) if one.outcome != RetireOutcome::NoSuchAgent => Ok(StatusCode::NO_CONTENT),
        _ => Err(RetireError::Unknown(id).into()),
    }
}
