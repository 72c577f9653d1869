//! `GET /api/agent/v1/components/{name}/{version}`: the bytes of a version, whole or from where an agent was cut off.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rollcall_shared::problem::kind;
use rollcall_shared::{ComponentName, ComponentVersion, Problem};
use serde::Deserialize;

use super::range::Part;
use super::streamed;
use crate::api::agent::caller::Caller;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::store::StoreError;

/// Which version, as the path names it.
#[derive(Debug, Deserialize)]
pub(in crate::api::agent) struct Which {
    name: ComponentName,
    version: ComponentVersion,
}

/// Why no bytes are sent.
#[derive(Debug, thiserror::Error)]
enum DownloadError {
    /// There is none, it was withdrawn, or its bytes are elsewhere.
    #[error("There is no version {1} of {0} here")]
    NotHere(ComponentName, ComponentVersion),
    /// All places are taken.
    #[error("Others download; come again in {0} s")]
    Busy(u32),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk failed.
    #[error("the bytes of the component cannot be read")]
    Disk(#[from] std::io::Error),
}

impl From<DownloadError> for Refusal {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::NotHere(..) => Self::not_found(format!("{error}.")),
            DownloadError::Busy(seconds) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                kind::SLOW_DOWN,
                "Others download",
            )
            .detail(format!("{error}."))
            .retry_after(seconds),
            DownloadError::Store(error) => error.into(),
            DownloadError::Disk(error) => Self::internal(&error),
        }
    }
}

/// Download a component
///
/// With `Range`, from where an earlier download was cut off; `If-Range` with the `ETag` makes sure that it is of the
/// same bytes. The `ETag` is their SHA-256. Where too many download, `Retry-After` says when there will be a place.
#[utoipa::path(
    get,
    path = "/api/agent/v1/components/{name}/{version}",
    operation_id = "download_component",
    tag = "agents' calls",
    security(("agent" = [])),
    params(
        ("name" = ComponentName, Path, description = "What the component is called"),
        ("version" = ComponentVersion, Path, description = "Which version"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of the bytes that the range is of"),
    ),
    responses(
        (status = 200, description = "All of it", content_type = "application/octet-stream"),
        (status = 206, description = "The part that was asked for", content_type = "application/octet-stream"),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such version, or its bytes are not here", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "There is no such part; `Content-Range` says how long it is", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name or the version is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Others download; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api::agent) async fn download(
    State(app): State<Arc<App>>,
    _: Caller,
    Path(Which { name, version }): Path<Which>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    send(&app, name, version, &headers).await.map_err(Refusal::from)
}

async fn send(
    app: &App,
    name: ComponentName,
    version: ComponentVersion,
    headers: &HeaderMap,
) -> Result<Response, DownloadError> {
    let place = app.downloads.take(app.clock).map_err(DownloadError::Busy)?;
    // What nearly all ask for is in memory.
    let current = app.components.current();
    let known = current
        .iter()
        .find(|one| one.name == name && one.version == version);
    let component = match known {
        Some(component) => component.clone(),
        None => match app.store.components().one(&name, &version).await? {
            Some(component) => component,
            None => return Err(DownloadError::NotHere(name, version)),
        },
    };
    if !component.stored {
        return Err(DownloadError::NotHere(name, version));
    }
    let file = app.components.files.read(&component).await?;
    let (size, tag) = (component.size, format!("\"{}\"", component.sha256));
    let (status, first, last) = match Part::asked(headers, size, &tag) {
        Part::Whole => (StatusCode::OK, 0, size.saturating_sub(1)),
        Part::From(first, last) => (StatusCode::PARTIAL_CONTENT, first, last),
        Part::Beyond => return Ok(beyond(size)),
    };
    let body = streamed::part(file, first, last - first + 1, place).await?;
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Digits, quotes and slashes are allowed in a header.
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = HeaderValue::try_from(format!("bytes {first}-{last}/{size}"))
    {
        headers.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

fn beyond(size: u64) -> Response {
    let mut response = Refusal::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "/problems/no-such-part",
        "No such part",
    )
    .detail(format!("The component has {size} bytes."))
    .into_response();
    if let Ok(range) = HeaderValue::try_from(format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}
