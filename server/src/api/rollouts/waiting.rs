//! `GET /api/v1/rollouts/{subject}/waiting`: who does not have it, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Page, Subject, Waiting};
use serde::Deserialize;

use super::may_see;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::paging::Limit;
use crate::api::parameters::{Path, Query};
use crate::auth::person::Person;
use crate::notify::Place;

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>)]
    after: Option<Place>,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List agents that a roll-out waits for
///
/// First those on which it failed, then the others, each with what its notification waits for. `next` of one page is `after` of the
/// following. Empty for what is not under way any more.
#[utoipa::path(
    get,
    path = "/api/v1/rollouts/{subject}/waiting",
    operation_id = "list_rollout_waiting",
    tag = "roll-outs",
    params(("subject" = String, Path, description = "`settings.41` or `component.antivirus.2.1.0`"), Which),
    responses(
        (status = 200, description = "A page", body = Page<Waiting>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person sees only a part of the fleet", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The subject or a parameter cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn waiting(
    State(app): State<Arc<App>>,
    person: Person,
    Path(subject): Path<Subject>,
    Query(which): Query<Which>,
) -> Result<Json<Page<Waiting>>, Refusal> {
    may_see(&person)?;
    let page = app
        .outbox
        .waiting(&person.scope, &subject, which.after, which.limit.get());
    Ok(Json(Page {
        items: page.items,
        next: page.next.map(|place| place.to_string()),
    }))
}
