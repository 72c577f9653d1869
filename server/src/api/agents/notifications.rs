//! `GET /api/v1/agents/{id}/notifications`: what an agent was to be told, and how far that got.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::{Notification, Page};
use rollcall_shared::{AgentId, Problem};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::paging::Limit;
use crate::api::parameters::{Path, Query};
use crate::auth::person::{Action, Person};

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// How many come before the page.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    after: u32,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List the notifications of an agent
///
/// Newest first. `next` of one page is `after` of the following.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/notifications",
    operation_id = "list_agent_notifications",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id"), Which),
    responses(
        (status = 200, description = "A page", body = Page<Notification>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id or a parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn notifications(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
    Query(which): Query<Which>,
) -> Result<Json<Page<Notification>>, Refusal> {
    person.may(Action::Look)?;
    app.roster
        .get(&person.scope, id)
        .ok_or_else(|| Refusal::not_found(format!("There is no agent {id} that you may see.")))?;
    let limit = which.limit.get();
    let asked = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let found = app
        .store
        .notifications()
        .of_agent(id, which.after.into(), asked)
        .await?;
    let more = found.len() > limit;
    let items: Vec<Notification> = found
        .into_iter()
        .take(limit)
        .map(|one| app.outbox.brought_up_to_date(id, one))
        .collect();
    let shown = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let next = more.then(|| which.after.saturating_add(shown).to_string());
    Ok(Json(Page { items, next }))
}
