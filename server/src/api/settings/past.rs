//! `GET /api/v1/settings/versions/{version}`: the settings of a version.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use rollcall_shared::Problem;
use rollcall_shared::console_api::SettingsVersion;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Show a version of the settings
#[utoipa::path(
    get,
    path = "/api/v1/settings/versions/{version}",
    operation_id = "show_settings_version",
    tag = "settings",
    params(("version" = u32, Path, description = "The version")),
    responses(
        (status = 200, description = "The version", body = SettingsVersion),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such version", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is there and cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The number is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn past(
    State(app): State<Arc<App>>,
    person: Person,
    Path(version): Path<u32>,
) -> Result<Json<SettingsVersion>, Refusal> {
    person.may(Action::Look)?;
    match app.settings.past(&app.store, version).await? {
        Some(Ok(past)) => Ok(Json(past)),
        Some(Err(passed_over)) => Err(Refusal::new(
            StatusCode::CONFLICT,
            "/problems/unusable-version",
            "Unusable version",
        )
        .detail(passed_over.reason)),
        None => Err(Refusal::not_found(format!("There is no version {version}."))),
    }
}
