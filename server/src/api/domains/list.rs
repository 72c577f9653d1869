//! `GET /api/v1/domains`: the agent tree, as a flat list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Domain, Page};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::person::{Action, Person};

/// List domains
///
/// All that the person may see, in the order of their numbers, each with how many agents of each status are in it,
/// alone and with everything below it.
#[utoipa::path(
    get,
    path = "/api/v1/domains",
    operation_id = "list_domains",
    tag = "domains",
    responses(
        (status = 200, description = "The domains", body = Page<Domain>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(app): State<Arc<App>>, person: Person) -> Result<Json<Page<Domain>>, Refusal> {
    person.may(Action::Look)?;
    Ok(Json(Page {
        items: app.roster.domains(&person.scope),
        next: None,
    }))
}
