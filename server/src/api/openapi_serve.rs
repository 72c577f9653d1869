//! The description of the API, served as it was made at start.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa::openapi::OpenApi;

use super::etag;

/// Where it is served.
pub const PATH: &str = "/api/openapi.json";

/// The document in bytes.
struct Document {
    bytes: Bytes,
    etag: HeaderValue,
}

/// The route that serves a description.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn route<S: Clone + Send + Sync + 'static>(
    description: &OpenApi,
) -> Result<Router<S>, serde_json::Error> {
    let bytes = Bytes::from(serde_json::to_vec(description)?);
    // Hexadecimal digits in quotes: always a header.
    let etag = HeaderValue::try_from(format!("\"{}\"", etag::of(&bytes)))
        .unwrap_or(HeaderValue::from_static("\"openapi\""));
    let document = Arc::new(Document { bytes, etag });
    Ok(Router::new().route(
        PATH,
        get(move |headers: HeaderMap| async move { document.answer(&headers) }),
    ))
}

impl Document {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let told = [
            (header::ETAG, self.etag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        if self.etag.to_str().is_ok_and(|tag| etag::matches(headers, tag)) {
            return (StatusCode::NOT_MODIFIED, told).into_response();
        }
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (told, json, self.bytes.clone()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn the_description_is_served_and_not_sent_twice() {
        let description = utoipa::openapi::OpenApiBuilder::new().build();
        let router: Router = route(&description).unwrap();
        let ask = |tag: Option<HeaderValue>| {
            let mut request = Request::get(PATH).body(Body::empty()).unwrap();
            if let Some(tag) = tag {
                request.headers_mut().insert(header::IF_NONE_MATCH, tag);
            }
            router.clone().oneshot(request)
        };
        let first = ask(None).await.unwrap();
        assert_eq!(first.headers()["content-type"], "application/json");
        let tag = first.headers()["etag"].clone();
        assert_eq!(ask(Some(tag)).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    }
}
