//! `POST /api/v1/agents/retire`: takes many agents off the roll call for good.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{AgentRetired, RetireAgents};

use super::retirement::{NotRetired, retire_all};
use super::selection::{LIMIT, checked};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::person::{Action, Person};

impl From<NotRetired> for Refusal {
    fn from(error: NotRetired) -> Self {
        match error {
            NotRetired::Engine(error) => Self::unavailable(&error),
            NotRetired::NotDurable(error) => Self::not_durable(error),
        }
    }
}

/// Retire agents
///
/// As with one: they stay on the list as *Retired*, their credentials end, and asking again changes nothing. What is
/// answered is written down.
#[utoipa::path(
    post,
    path = "/api/v1/agents/retire",
    operation_id = "retire_agents",
    tag = "agents",
    request_body(content = RetireAgents, example = json!({ "agents": ["0k3v9q2m7x1bc"] })),
    responses(
        (status = 200, description = "What became of each, in the order of the request", body = Vec<AgentRetired>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Retired, but not yet written: no database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retire_many(
    State(app): State<Arc<App>>,
    person: Person,
    Json(ask): Json<RetireAgents, LIMIT>,
) -> Result<Answer<Vec<AgentRetired>>, Refusal> {
    person.may(Action::ManageAgents)?;
    checked(&ask.agents).map_err(Refusal::invalid)?;
    // To the end, also where whoever asked is gone: who retired them is told after they are.
    let act = async move { retire_all(&app, &person, &ask.agents).await };
    let retired = tokio::spawn(act)
        .await
        .map_err(|error| Refusal::internal(&error))?;
    Ok(Answer(retired?))
}
