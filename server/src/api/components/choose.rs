//! `POST /api/v1/components/{name}/versions/{version}/current`: goes back, or forward, to a version that is there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use rollcall_shared::console_api::Component;
use rollcall_shared::{ComponentName, ComponentVersion, Problem};

use super::{Which, tell, too_many, unknown};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};
use crate::store::components::Chosen;

/// Make a version current
///
/// The one that agents are to have from now on, also where it is older than the one that they have. News of it goes to
/// every agent, as of a new version.
#[utoipa::path(
    post,
    path = "/api/v1/components/{name}/versions/{version}/current",
    operation_id = "choose_component_version",
    tag = "components",
    params(
        ("name" = ComponentName, Path, description = "What the component is called"),
        ("version" = ComponentVersion, Path, description = "Which version"),
    ),
    responses(
        (status = 200, description = "It is current", body = Component),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such version", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was withdrawn, or too many components have a current version", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name or the version is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    person: Person,
    Path(Which { name, version }): Path<Which>,
) -> Result<Json<Component>, Refusal> {
    person.may(Action::HandOutComponents)?;
    let now_ms = app.clock.wall_ms();
    match app.components.choose(&app.store, &name, &version, now_ms).await? {
        Chosen::Done(component) => {
            tell(&app, &component).await?;
            Ok(Json(component))
        }
        Chosen::Already(component) => Ok(Json(component)),
        Chosen::Withdrawn => Err(Refusal::new(
            StatusCode::CONFLICT,
            "/problems/version-withdrawn",
            "Version withdrawn",
        )
        .detail(format!(
            "Version {version} of {name} was withdrawn. Upload the same bytes again to have it back."
        ))),
        Chosen::Unknown => Err(unknown(&name, &version)),
        Chosen::TooMany => Err(too_many()),
    }
}
