//! `GET /api/v1/transitions`: changes of status, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::{Page, Transition};
use rollcall_shared::{AgentId, Problem, TransitionId};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::paging::Limit;
use crate::api::parameters::Query;
use crate::auth::person::{Action, Person};
use crate::store::transitions::TransitionView;

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those of this agent.
    agent: Option<AgentId>,
    /// The id before which the page begins.
    before: Option<TransitionId>,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List transitions
///
/// Newest first. A change is here within a second of its happening. `next` of one page is `before` of the
/// following.
#[utoipa::path(
    get,
    path = "/api/v1/transitions",
    operation_id = "list_transitions",
    tag = "transitions",
    params(Which),
    responses(
        (status = 200, description = "A page", body = Page<Transition>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    person: Person,
    Query(which): Query<Which>,
) -> Result<Json<Page<Transition>>, Refusal> {
    person.may(Action::Look)?;
    let limit = which.limit.get();
    let asked = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let views = app
        .store
        .transitions()
        .page(&person.scope, which.agent, which.before, asked)
        .await?;
    let more = views.len() > limit;
    let items: Vec<Transition> = views.into_iter().take(limit).map(shown).collect();
    let next = items
        .last()
        .filter(|_| more)
        .map(|transition| transition.id.to_string());
    Ok(Json(Page { items, next }))
}

fn shown(view: TransitionView) -> Transition {
    Transition {
        id: view.id,
        agent: view.agent,
        name: view.name,
        at_ms: view.at_ms,
        from: view.from,
        to: view.to,
        cause: view.cause,
    }
}
