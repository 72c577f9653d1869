//! `GET /api/v1/agents/{id}`: one agent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::Agent;
use rollcall_shared::{AgentId, Problem};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Show an agent
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    operation_id = "show_agent",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "The agent", body = Agent),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
) -> Result<Json<Agent>, Refusal> {
    person.may(Action::Look)?;
    let (_, agent) = app
        .roster
        .get(&person.scope, id)
        .ok_or_else(|| Refusal::not_found(format!("There is no agent {id} that you may see.")))?;
    Ok(Json(agent))
}
