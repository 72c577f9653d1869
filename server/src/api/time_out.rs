//! How long a request may take to be answered.
//!
//! It counts until the answer begins, so an upgrade to a WebSocket is done long before. A handler that is cut
//! off is dropped at a point where it waits: what must be whole is one transaction.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::answer::Refusal;

/// Longer than the slowest thing that a request waits for (a database that is gone is given up after 5 s), and
/// short enough that whoever asked is still there.
pub const DEFAULT: Duration = Duration::from_secs(15);

/// Gives up on what is inside after so long. For `axum::middleware::from_fn_with_state`.
pub async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    limited(limit, next.run(request)).await
}

/// An answer, or that it took too long.
pub async fn limited(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => too_slow(limit).into_response(),
    }
}

fn too_slow(limit: Duration) -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "/problems/unavailable",
        "Not available now",
    )
    .detail(format!("The server did not answer within {} s.", limit.as_secs()))
    .retry_after(5)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_not_answered_in_time_is_told_so() {
        let router = Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(from_fn_with_state(DEFAULT, within));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "5");
    }
}
