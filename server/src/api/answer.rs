//! How the backend answers when it cannot do what was asked: problem details (RFC 9457), always.
//!
//! A verb has an error type of its own, and one place there that turns it into a [`Refusal`]. Nothing else
//! picks a status. What is the server's fault is logged here, once, and told to the client without its cause.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use rollcall_shared::problem::{self, FieldError, Problem, kind};

use super::app::NotDurable;
use crate::error_chain::chain;
use crate::store::StoreError;

/// A problem on its way out.
#[derive(Debug, Clone)]
pub struct Refusal {
    problem: Box<Problem>,
    retry_after_s: Option<u32>,
    challenge: bool,
}

impl Refusal {
    /// A problem of this kind. `title` is the same for all problems of the kind.
    #[must_use]
    pub fn new(status: StatusCode, kind: &str, title: &str) -> Self {
        Self {
            problem: Box::new(Problem {
                kind: kind.to_owned(),
                title: title.to_owned(),
                status: status.as_u16(),
                detail: None,
                errors: Vec::new(),
            }),
            retry_after_s: None,
            challenge: false,
        }
    }

    /// Whether it says that nobody is let in.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.problem.status == StatusCode::UNAUTHORIZED.as_u16()
    }

    /// With what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.problem.detail = Some(detail.into());
        self
    }

    /// With the fields at fault.
    #[must_use]
    pub fn fields(mut self, errors: Vec<FieldError>) -> Self {
        self.problem.errors = errors;
        self
    }

    /// With the time after which to come again.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// 401: no credential, or one that is unknown, expired or revoked.
    #[must_use]
    pub fn unauthenticated(detail: &str) -> Self {
        let mut refusal = Self::new(
            StatusCode::UNAUTHORIZED,
            kind::UNAUTHENTICATED,
            "Not authenticated",
        )
        .detail(detail);
        refusal.challenge = true;
        refusal
    }

    /// 403: known, but not for this.
    #[must_use]
    pub fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "/problems/forbidden", "Not allowed").detail(detail)
    }

    /// 404: nothing of that name, or nothing that the asker may see.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found").detail(detail)
    }

    /// 422: the request was understood, and these fields of it cannot be used.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors
            .iter()
            .map(|error| error.field.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID, "Invalid fields")
            .detail(detail)
            .fields(errors)
    }

    /// 429: too many attempts.
    #[must_use]
    pub fn slow_down(seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            kind::SLOW_DOWN,
            "Too many attempts",
        )
        .detail(format!("Try again in {seconds} s."))
        .retry_after(seconds)
    }

    /// 503: heard, and too many come at once; what it came for is to be asked again then.
    #[must_use]
    pub fn come_later(seconds: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            kind::COME_LATER,
            "Come back later",
        )
        .detail(format!(
            "You were heard. Too many come at once: ask again in {seconds} s."
        ))
        .retry_after(seconds)
    }

    /// 500: our fault. The cause is logged, not told.
    #[must_use]
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "The server failed",
        )
        .detail("The cause is in the server's log.")
    }

    /// 503: done, but not yet safe from a crash.
    #[must_use]
    pub fn not_durable(error: NotDurable) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/not-durable",
            "Not written yet",
        )
        .detail(error.to_string())
        .retry_after(5)
    }

    /// 503: what the answer needs is away (the database); nothing was done.
    #[must_use]
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(error = chain(error), "a request cannot be served now");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/unavailable",
            "Not available now",
        )
        .detail("The server cannot reach its database. Nothing was changed.")
        .retry_after(5)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            Self::unavailable(&error)
        } else {
            Self::internal(&error)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(problem::MEDIA_TYPE),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
