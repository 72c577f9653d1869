//! `GET /api/v1/settings`: the settings in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use rollcall_shared::Problem;
use rollcall_shared::console_api::SettingsInForce;

use super::tag_of;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::person::{Action, Person};

/// Show the settings
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    operation_id = "show_settings",
    tag = "settings",
    responses(
        (status = 200, description = "The settings in force", body = SettingsInForce),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(State(app): State<Arc<App>>, person: Person) -> Result<impl IntoResponse, Refusal> {
    person.may(Action::Look)?;
    let current = app.settings.current();
    let tag = [(header::ETAG, tag_of(current.version))];
    let answer = SettingsInForce {
        in_force: (*current).clone(),
        listens: app.settings.listens(),
        passed_over: app.settings.passed_over(),
    };
    Ok((tag, Json(answer)))
}
