//! `GET /api/v1/agents/{id}`: one agent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::AgentDetails;
use rollcall_shared::{AgentId, Problem};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Show an agent
///
/// With its own end of its connection and the addresses that its machine has, as it last said. Of these only the own one
/// and the one from which it is seen are compared with the unreachable network.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    operation_id = "show_agent",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "The agent", body = AgentDetails),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
) -> Result<Json<AgentDetails>, Refusal> {
    person.may(Action::Look)?;
    let agent = app
        .roster
        .details(&person.scope, id)
        .ok_or_else(|| Refusal::not_found(format!("There is no agent {id} that you may see.")))?;
    Ok(Json(agent))
}
