//! `POST /api/v1/components`: names a version whose bytes are elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use rollcall_shared::component::MOST_SOURCES;
use rollcall_shared::console_api::{Component, NewComponent};
use rollcall_shared::problem::FieldError;
use rollcall_shared::{Problem, SourceUrl};

use super::{note, taken, tell, too_many};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::person::{Action, Person};
use crate::store::components::Published;

/// Name a component with its sources
///
/// Agents get the bytes from the sources, in their order, before anything else is asked of the server, and believe them
/// only where size and SHA-256 are right. The server never asks the sources itself. The version is current from now on.
#[utoipa::path(
    post,
    path = "/api/v1/components",
    operation_id = "name_component_sources",
    tag = "components",
    request_body(content = NewComponent, example = json!({
        "name": "antivirus", "version": "2.1.0", "size": 209_715_200,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sources": ["https://mirror.example.org/antivirus/2.1.0"], "note": "signatures of November"
    })),
    responses(
        (status = 201, description = "Named, and current", body = Component),
        (status = 200, description = "It was there with the same bytes; the sources are the new ones", body = Component),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The version stands for other bytes, or too many components have a current version", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn name_sources(
    State(app): State<Arc<App>>,
    person: Person,
    Json(new): Json<NewComponent>,
) -> Result<Response, Refusal> {
    person.may(Action::HandOutComponents)?;
    let errors = refusals(&new, app.components.limit);
    if !errors.is_empty() {
        return Err(Refusal::invalid(errors));
    }
    let component = Component {
        name: new.name,
        version: new.version,
        size: new.size,
        sha256: new.sha256,
        stored: false,
        sources: new.sources,
        note: note(new.note)?,
        author: Some(person.name),
        created_at_ms: app.clock.wall_ms(),
        current_since_ms: None,
        withdrawn_at_ms: None,
    };
    match app.components.publish(&app.store, &component, None).await? {
        Published::Made(made) => {
            tell(&app, &made).await?;
            Ok((StatusCode::CREATED, axum::Json(made)).into_response())
        }
        Published::Known(known) => Ok(axum::Json(known).into_response()),
        Published::Taken(by) => Err(taken(&by)),
        Published::TooMany => Err(too_many()),
    }
}

fn refusals(new: &NewComponent, limit: u64) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=limit).contains(&new.size) {
        errors.push(FieldError::new(
            "size",
            "No component has this size here; the server's `component-limit` sets the largest.",
            format!("1 to {limit}"),
            new.size.to_string(),
        ));
    }
    if !(1..=MOST_SOURCES).contains(&new.sources.len()) {
        errors.push(FieldError::new(
            "sources",
            "Agents need to know where the bytes are, and try few places.",
            format!("1 to {MOST_SOURCES} sources"),
            format!("{} sources", new.sources.len()),
        ));
    }
    for (at, source) in new.sources.iter().enumerate() {
        if !source.is_https() && !source.is_loopback() {
            errors.push(FieldError::new(
                format!("sources[{at}]"),
                "Everybody on the way could see what agents install.",
                SourceUrl::ALLOWED,
                source.as_str(),
            ));
        }
    }
    errors
}
