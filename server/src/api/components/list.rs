//! `GET /api/v1/components`: the current version of each component.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Component, Page};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::person::{Action, Person};

/// List components
///
/// The current version of each name, by name: what agents are to have. There are at most 32, so there is one page.
#[utoipa::path(
    get,
    path = "/api/v1/components",
    operation_id = "list_components",
    tag = "components",
    responses(
        (status = 200, description = "The current versions", body = Page<Component>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    person: Person,
) -> Result<Json<Page<Component>>, Refusal> {
    person.may(Action::Look)?;
    let items = app.components.current().as_ref().clone();
    Ok(Json(Page { items, next: None }))
}
