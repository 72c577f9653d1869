//! `PUT /api/v1/components/{name}/versions/{version}`: takes the bytes of a version in.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use rollcall_shared::console_api::Component;
use rollcall_shared::problem::{FieldError, kind};
use rollcall_shared::{ComponentName, ComponentVersion, Problem, Sha256};
use serde::Deserialize;

use super::{Which, disk, note, taken, tell, too_large, too_many};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::{Path, Query};
use crate::auth::person::{Action, Person};
use crate::components::PublishError;
use crate::components::files::Files;
use crate::components::incoming::Whole;
use crate::store::components::Published;

/// How long an upload may bring nothing. The whole may take as long as it takes.
const STALLED: Duration = Duration::from_secs(30);

/// How many may upload at the same time: admins are few, and each writes to the server's disk.
pub const AT_ONCE: usize = 4;

/// What is said of the bytes besides.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Besides {
    /// The SHA-256 that the bytes must have.
    sha256: Option<Sha256>,
    /// What to remember of the version: up to 200 characters.
    note: Option<String>,
}

/// Why the bytes were not taken.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    /// It is not said that they are bytes.
    #[error("The body must be application/octet-stream and say so")]
    MediaType,
    /// There are none.
    #[error("The body is empty; the bytes of the component are expected")]
    Empty,
    /// The connection ended.
    #[error("The upload broke off after {0} bytes")]
    BrokeOff(u64),
    /// Nothing came for long.
    #[error("The upload stalled after {0} bytes: nothing came for {time} s", time = STALLED.as_secs())]
    Stalled(u64),
    /// Others upload.
    #[error("{AT_ONCE} uploads are under way; come again when one has ended")]
    Busy,
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        let (status, kind, title) = match error {
            Unreadable::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "/problems/unsupported-media-type",
                "Not bytes",
            ),
            Unreadable::Empty => (StatusCode::BAD_REQUEST, "/problems/empty", "Empty"),
            Unreadable::BrokeOff(_) => (StatusCode::BAD_REQUEST, "/problems/broken-off", "Broken off"),
            Unreadable::Stalled(_) => (StatusCode::REQUEST_TIMEOUT, "/problems/too-slow", "Too slow"),
            Unreadable::Busy => (StatusCode::SERVICE_UNAVAILABLE, kind::SLOW_DOWN, "Others upload"),
        };
        let refusal = Self::new(status, kind, title).detail(format!("{error}."));
        match error {
            Unreadable::Busy => refusal.retry_after(10),
            _ => refusal,
        }
    }
}

/// Upload a version of a component
///
/// The body is the file itself, as `application/octet-stream`. It is hashed as it comes and is current once it is on the
/// disk. `Repr-Digest` (RFC 9530) or `sha256` say which bytes must arrive. The same bytes again change nothing; a version
/// never stands for other bytes.
#[utoipa::path(
    put,
    path = "/api/v1/components/{name}/versions/{version}",
    operation_id = "upload_component",
    tag = "components",
    params(
        ("name" = ComponentName, Path, description = "What the component is called"),
        ("version" = ComponentVersion, Path, description = "Which version"),
        Besides,
        ("Repr-Digest" = Option<String>, Header, description = "`sha-256=:<base 64>:`"),
    ),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "Taken, and current", body = Component),
        (status = 200, description = "It was there with the same bytes", body = Component),
        (status = 400, description = "The body is empty or broke off", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "Nothing came for 30 s", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The version stands for other bytes, or too many components have a current version", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "More bytes than the server takes", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/octet-stream`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used, or other bytes came than were named", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database, or too many uploads; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The server's disk is full", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    person: Person,
    Path(Which { name, version }): Path<Which>,
    Query(besides): Query<Besides>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    person.may(Action::HandOutComponents)?;
    let note = note(besides.note)?;
    let expected = expected(&headers, besides.sha256)?;
    announced(&app, &name, &version, &headers).await?;
    let _one = app.uploads.try_acquire().map_err(|_| Unreadable::Busy)?;
    let whole = receive(&app.components.files, app.components.limit, body).await?;
    if expected.iter().any(|(_, sha256)| *sha256 != whole.sha256) {
        return Err(other_bytes(&expected, &whole));
    }
    let component = Component {
        name,
        version,
        size: whole.size,
        sha256: whole.sha256,
        stored: true,
        sources: Vec::new(),
        note,
        author: Some(person.name),
        created_at_ms: app.clock.wall_ms(),
        current_since_ms: None,
        withdrawn_at_ms: None,
    };
    // A client that goes now must not leave half of it done.
    let keeper = Arc::clone(&app);
    let publish = tokio::spawn(async move {
        let published = keeper
            .components
            .publish(&keeper.store, &component, Some(whole))
            .await?;
        if let Published::Made(made) = &published {
            tell(&keeper, made).await?;
        }
        Ok::<_, PublishError>(published)
    });
    match publish.await.map_err(|error| Refusal::internal(&error))?? {
        Published::Made(made) => Ok((StatusCode::CREATED, Json(made)).into_response()),
        Published::Known(known) => Ok(Json(known).into_response()),
        Published::Taken(by) => Err(taken(&by)),
        Published::TooMany => Err(too_many()),
    }
}

/// What can be said before a byte is read.
async fn announced(
    app: &App,
    name: &ComponentName,
    version: &ComponentVersion,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    if !media_type
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/octet-stream"))
    {
        return Err(Unreadable::MediaType.into());
    }
    let Some(length) = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()) else {
        return Ok(());
    };
    if length > app.components.limit {
        return Err(too_large(app.components.limit));
    }
    match app.store.components().one(name, version).await? {
        Some(known) if known.size != length && length > 0 => Err(taken(&known)),
        _ => Ok(()),
    }
}

pub(super) async fn receive(files: &Files, limit: u64, mut body: Body) -> Result<Whole, Refusal> {
    let mut incoming = files.receive(limit).await.map_err(|error| disk(&error))?;
    let mut size = 0_u64;
    loop {
        let frame = match tokio::time::timeout(STALLED, body.frame()).await {
            Ok(None) => break,
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => return Err(Unreadable::BrokeOff(size).into()),
            Err(_) => return Err(Unreadable::Stalled(size).into()),
        };
        if let Ok(bytes) = frame.into_data() {
            incoming.take(&bytes).await?;
            size = size.saturating_add(bytes.len() as u64);
        }
    }
    if size == 0 {
        return Err(Unreadable::Empty.into());
    }
    incoming.finish().await.map_err(|error| disk(&error))
}

/// Which SHA-256 the bytes must have, and who says so.
fn expected(headers: &HeaderMap, query: Option<Sha256>) -> Result<Vec<(&'static str, Sha256)>, Refusal> {
    let mut expected: Vec<_> = query.map(|sha256| ("sha256", sha256)).into_iter().collect();
    if let Some(given) = headers.get("repr-digest") {
        let text = given.to_str().unwrap_or_default();
        // Others than SHA-256 are passed over, as RFC 9530 has it.
        let ours = text
            .split(',')
            .find_map(|one| one.trim().strip_prefix("sha-256="));
        if let Some(ours) = ours {
            let digest = ours
                .strip_prefix(':')
                .and_then(|rest| rest.split(':').next())
                .and_then(|coded| STANDARD.decode(coded).ok())
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .ok_or_else(|| {
                    Refusal::invalid(vec![FieldError::new(
                        "Repr-Digest",
                        "It holds no SHA-256.",
                        "sha-256=:<base 64 of 32 bytes>:",
                        text.chars().take(100).collect::<String>(),
                    )])
                })?;
            expected.push(("Repr-Digest", Sha256::from_bytes(digest)));
        }
    }
    Ok(expected)
}

fn other_bytes(expected: &[(&'static str, Sha256)], whole: &Whole) -> Refusal {
    let errors = expected
        .iter()
        .filter(|(_, sha256)| *sha256 != whole.sha256)
        .map(|(field, sha256)| {
            FieldError::new(
                *field,
                format!(
                    "Other bytes came: {} of them, with the SHA-256 {}.",
                    whole.size, whole.sha256
                ),
                "the SHA-256 of the body",
                sha256.to_string(),
            )
        });
    Refusal::invalid(errors.collect())
}
