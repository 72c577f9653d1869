//! `GET /api/v1/components/{name}/versions`: every version of a component, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::console_api::{Component, Page};
use rollcall_shared::{ComponentName, ComponentVersion, Problem};
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
    /// The version after which the page begins.
    after: Option<ComponentVersion>,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List versions of a component
///
/// Those brought last first, also withdrawn ones. `next` of one page is `after` of the following.
#[utoipa::path(
    get,
    path = "/api/v1/components/{name}/versions",
    operation_id = "list_component_versions",
    tag = "components",
    params(("name" = ComponentName, Path, description = "What the component is called"), Which),
    responses(
        (status = 200, description = "A page; empty where there is none of that name", body = Page<Component>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn versions(
    State(app): State<Arc<App>>,
    person: Person,
    Path(name): Path<ComponentName>,
    Query(which): Query<Which>,
) -> Result<Json<Page<Component>>, Refusal> {
    person.may(Action::Look)?;
    let limit = which.limit.get();
    let asked = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let after = which.after.as_ref();
    let mut items = app.store.components().versions(&name, after, asked).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|one| one.version.to_string());
    Ok(Json(Page { items, next }))
}
