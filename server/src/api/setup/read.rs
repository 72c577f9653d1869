//! `GET /api/v1/setup`: whether the first admin is still to be created.

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::SetupState;
use serde_json::json;

use crate::api::answer::Refusal;
use crate::auth::people::People;

/// Is there an admin
///
/// Open to everybody: a console that nobody can sign in to has to say so.
#[utoipa::path(
    get,
    path = "/api/v1/setup",
    tag = "people",
    responses(
        (
            status = 200, description = "Whether the first admin is still to be created", body = SetupState,
            example = json!({ "needed": true })
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(State(people): State<People>) -> Result<Json<SetupState>, Refusal> {
    let needed = people.nobody_yet().await?;
    Ok(Json(SetupState { needed }))
}
