//! `DELETE /api/v1/components/{name}/versions/{version}`: withdraws a version.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::{ComponentName, ComponentVersion, Problem};

use super::{Which, unknown};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Withdraw a version
///
/// Agents are offered it no more, and the server throws its bytes away. Agents that have it keep it. Its name stays
/// taken; the same bytes may be uploaded again. Withdrawing it twice changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/components/{name}/versions/{version}",
    operation_id = "withdraw_component",
    tag = "components",
    params(
        ("name" = ComponentName, Path, description = "What the component is called"),
        ("version" = ComponentVersion, Path, description = "Which version"),
    ),
    responses(
        (status = 204, description = "Withdrawn"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such version", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name or the version is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    person: Person,
    Path(Which { name, version }): Path<Which>,
) -> Result<StatusCode, Refusal> {
    person.may(Action::HandOutComponents)?;
    let now_ms = app.clock.wall_ms();
    let withdrawn = app
        .components
        .withdraw(&app.store, &name, &version, now_ms)
        .await?;
    let Some(before) = withdrawn else {
        return Err(unknown(&name, &version));
    };
    if before.current_since_ms.is_some() {
        app.outbox.withdraw(&name);
    }
    Ok(StatusCode::NO_CONTENT)
}
