//! `POST /api/v1/agents/move`: puts agents into a domain.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_shared::console_api::{AgentMoved, MoveAgents, MoveOutcome};
use rollcall_shared::{AgentId, Problem};

use super::selection::{LIMIT, checked};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::domains::{TreeRefused, settled, uninterrupted};
use crate::auth::person::{Action, Person};
use crate::store::domains::TreeError;

/// Move agents
///
/// All of them, in one step, or none; those that there are none of are passed over and named. Nobody's presence changes.
#[utoipa::path(
    post,
    path = "/api/v1/agents/move",
    operation_id = "move_agents",
    tag = "agents",
    request_body(content = MoveAgents, example = json!({ "agents": ["0k3v9q2m7x1bc"], "domain": 3 })),
    responses(
        (status = 200, description = "What became of each, in the order of the request", body = Vec<AgentMoved>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn relocate(
    State(app): State<Arc<App>>,
    person: Person,
    Json(ask): Json<MoveAgents, LIMIT>,
) -> Result<Answer<Vec<AgentMoved>>, Refusal> {
    Ok(Answer(uninterrupted(move_all(app, person, ask)).await?))
}

pub(in crate::api) async fn move_all(
    app: Arc<App>,
    person: Person,
    ask: MoveAgents,
) -> Result<Vec<AgentMoved>, TreeRefused> {
    person.may(Action::ManageAgents)?;
    checked(&ask.agents).map_err(TreeRefused::Fields)?;
    let to = ask.domain;
    let _one_at_a_time = app.roster.changing().await;
    if !app
        .roster
        .tree(|tree| tree.get(to).is_some() && tree.sees(&person.scope, to))
    {
        return Err(TreeRefused::no_domain("domain", to));
    }
    let mut named = HashSet::with_capacity(ask.agents.len());
    let moved: Vec<AgentMoved> = ask
        .agents
        .into_iter()
        .map(|agent| {
            let outcome = match app.roster.whereabouts(&person.scope, agent) {
                None => MoveOutcome::NoSuchAgent,
                Some(from) if from == to || !named.insert(agent) => MoveOutcome::AlreadyThere,
                Some(_) => MoveOutcome::Moved,
            };
            AgentMoved { agent, outcome }
        })
        .collect();
    let going: Vec<AgentId> = moved
        .iter()
        .filter(|one| one.outcome == MoveOutcome::Moved)
        .map(|one| one.agent)
        .collect();
    if going.is_empty() {
        return Ok(moved);
    }
    let outcome = app.store.domains().move_agents(&going, to).await;
    match settled(&app, outcome).await {
        Err(TreeRefused::Tree(TreeError::Unknown)) => return Err(TreeRefused::no_domain("domain", to)),
        outcome => outcome?,
    }
    app.roster.relocate(&going, to);
    Ok(moved)
}
