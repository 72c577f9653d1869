//! `/api/v1/components`: what agents are handed out besides settings.

mod choose;
mod list;
mod name_sources;
mod upload;
mod versions;
mod withdraw;

use std::sync::Arc;

use http::StatusCode;
use rollcall_shared::component::{LONGEST_NOTE, MOST_CURRENT};
use rollcall_shared::console_api::{Component, Subject};
use rollcall_shared::problem::FieldError;
use rollcall_shared::{ComponentName, ComponentVersion};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use upload::AT_ONCE as UPLOADS_AT_ONCE;

use super::answer::Refusal;
use super::app::App;
use crate::components::PublishError;
use crate::components::incoming::NotTaken;
use crate::hidden;
use crate::store::StoreError;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list::list, name_sources::name_sources))
        .routes(routes!(versions::versions))
        .routes(routes!(withdraw::withdraw))
        .routes(routes!(choose::choose))
}

/// The one that takes a body of any length.
pub fn slow_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(upload::upload))
}

/// A version became current: news of it goes out.
async fn tell(app: &App, component: &Component) -> Result<(), StoreError> {
    let subject = Subject::Component(component.name.clone(), component.version.clone());
    app.outbox.take_up(&app.store, &subject).await
}

fn unknown(name: &ComponentName, version: &ComponentVersion) -> Refusal {
    Refusal::not_found(format!("There is no version {version} of {name}."))
}

/// 409: the version stands for other bytes.
fn taken(by: &Component) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "/problems/version-taken", "Version taken").detail(format!(
        "Version {} of {} stands for {} bytes with the SHA-256 {}. Give other bytes another version.",
        by.version, by.name, by.size, by.sha256
    ))
}

/// 409: there are so many that an agent cannot be told of one more.
fn too_many() -> Refusal {
    Refusal::new(
        StatusCode::CONFLICT,
        "/problems/too-many-components",
        "Too many components",
    )
    .detail(format!(
        "{MOST_CURRENT} components have a current version, and there cannot be more. Withdraw one first."
    ))
}

/// A note without spaces around it; nothing where nothing was noted.
fn note(given: Option<String>) -> Result<Option<String>, Refusal> {
    let given = given.unwrap_or_default();
    let note = given.trim();
    let characters = note.chars().count();
    if characters > LONGEST_NOTE || given.chars().any(hidden::is_hidden) {
        return Err(Refusal::invalid(vec![FieldError::new(
            "note",
            "It is too long, or holds characters that nobody sees.",
            format!("at most {LONGEST_NOTE} characters in one line"),
            format!("{characters} characters"),
        )]));
    }
    Ok((!note.is_empty()).then(|| note.to_owned()))
}

/// Which version, as the path names it.
#[derive(Debug, Deserialize)]
struct Which {
    name: ComponentName,
    version: ComponentVersion,
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => error.into(),
            PublishError::Disk(error) => disk(&error),
        }
    }
}

impl From<NotTaken> for Refusal {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::TooMany { limit } => too_large(limit),
            NotTaken::Disk(error) => disk(&error),
        }
    }
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "Too large").detail(format!(
        "A component may have at most {limit} bytes; the server's `component-limit` sets that."
    ))
}

fn disk(error: &std::io::Error) -> Refusal {
    if error.kind() == std::io::ErrorKind::StorageFull {
        tracing::error!(%error, "there is no room for a component");
        return Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "/problems/no-room", "No room")
            .detail("The server's disk is full. Nothing was kept of the upload.");
    }
    Refusal::internal(error)
}

#[cfg(test)]
mod tests;
