//! A handler that panics: one 500, one line in the log, and the server goes on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::answer::Refusal;

/// A defect of ours, found by a request.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// Turns panics of what is inside into problems.
#[must_use]
pub fn layer() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(answer as fn(Box<dyn Any + Send>) -> Response)
}

/// An answer, or the problem that stands for one that panicked.
pub async fn caught(answering: impl Future<Output = Response>) -> Response {
    // What it held is dropped by the panic; what it shared is locked by nothing that can be poisoned.
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => answer(payload),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn answer(payload: Box<dyn Any + Send>) -> Response {
    let told = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("without a message");
    Refusal::internal(&Panicked(told.to_owned())).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn break_down() -> &'static str {
        let words: Vec<&str> = Vec::new();
        words[0]
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_does_not_tell_its_cause() {
        let router = Router::new().route("/", get(break_down)).layer(layer());
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("/problems/internal") && !text.contains("index"),
            "{text}"
        );
    }
}
