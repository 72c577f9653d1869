//! `DELETE /api/v1/displays/{id}`: lets a screen in no more.

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::Problem;

use crate::api::answer::Refusal;
use crate::api::parameters::Path;
use crate::auth::people::People;
use crate::auth::person::{Action, Person};

/// The parameter of the path, by its name, so that a refusal can name it.
#[derive(serde::Deserialize)]
pub(super) struct Which {
    id: i64,
}

/// Revoke a display
///
/// Its screen shows nothing from now on, and its token is good for nothing. Revoked displays are not listed.
#[utoipa::path(
    delete,
    path = "/api/v1/displays/{id}",
    operation_id = "revoke_display",
    tag = "displays",
    params(("id" = i64, Path, description = "The display's number")),
    responses(
        (status = 204, description = "Revoked"),
        (
            status = 401, description = "Nobody is signed in", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The person may not, or the page that asks is of another origin", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No display of that number, or none that the person may see", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 422, description = "The number cannot be used", body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(people): State<People>,
    person: Person,
    Path(Which { id }): Path<Which>,
) -> Result<StatusCode, Refusal> {
    person.may(Action::PutUpDisplays)?;
    if !people.revoke_display(&person.scope, id).await? {
        return Err(Refusal::not_found("There is no display of that number."));
    }
    tracing::info!(display = id, user = %person.user, "a display was revoked");
    Ok(StatusCode::NO_CONTENT)
}
