//! `GET /api/v1/agents`: the agents, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::{Agent, Page};
use rollcall_shared::{AgentId, Problem};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::paging::Limit;
use crate::api::parameters::Query;
use crate::auth::person::{Action, Person};

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The id after which the page begins.
    after: Option<AgentId>,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List agents
///
/// In the order of their ids. `next` of one page is `after` of the following.
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    operation_id = "list_agents",
    tag = "agents",
    params(Which),
    responses(
        (status = 200, description = "A page", body = Page<Agent>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    person: Person,
    Query(which): Query<Which>,
) -> Result<Json<Page<Agent>>, Refusal> {
    person.may(Action::Look)?;
    let limit = which.limit.get();
    let mut items = app.roster.page(&person.scope, which.after, limit + 1);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|agent| agent.id.to_string());
    Ok(Json(Page { items, next }))
}
