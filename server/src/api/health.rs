//! Whether the process lives (`/healthz`), and whether it can do its work (`/readyz`).
//!
//! *Alive* asks nothing of anything: a supervisor restarts what is not alive, and a restart mends no database.
//! *Ready* asks the parts, each of which keeps an answer at hand: nothing here waits.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use rollcall_shared::FieldError;
use serde::Serialize;

use super::answer::Refusal;

/// What a part says of itself: nothing where it is well, else what is wrong in a sentence, without secrets.
type Judge = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The parts that must be well for the server to be ready.
#[derive(Clone, Default)]
pub struct Readiness {
    parts: Arc<Vec<(&'static str, Judge)>>,
}

/// A part of a ready server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
}

/// The answer of a server that is ready.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Ready {
    /// Always true: a server that is not ready answers 503 and a problem.
    pub ready: bool,
    /// The parts, all of them well.
    pub parts: Vec<Part>,
}

impl Readiness {
    /// A server of these parts.
    #[must_use]
    pub fn new(parts: Vec<(&'static str, Judge)>) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    /// Asks all parts.
    ///
    /// # Errors
    /// 503 with those that are not well.
    pub fn check(&self) -> Result<Ready, Refusal> {
        let wrong: Vec<_> = self
            .parts
            .iter()
            .filter_map(|(name, judge)| judge().err().map(|detail| FieldError::bare(*name, detail)))
            .collect();
        if wrong.is_empty() {
            let parts = self.parts.iter().map(|(name, _)| Part { name }).collect();
            return Ok(Ready { ready: true, parts });
        }
        let names: Vec<_> = wrong.iter().map(|part| part.field.as_str()).collect();
        let detail = format!("Not ready: {}.", names.join(", "));
        Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/not-ready",
            "Not ready",
        )
        .detail(detail)
        .fields(wrong))
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.parts.iter().map(|(name, _)| name);
        out.debug_list().entries(names).finish()
    }
}

/// `GET /healthz`.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`.
///
/// # Errors
/// 503 where a part is not well.
pub async fn readyz(axum::extract::State(readiness): axum::extract::State<Readiness>) -> Response {
    match readiness.check() {
        Ok(ready) => Json(ready).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_server_is_ready_while_all_its_parts_are_well() {
        let well = Arc::new(AtomicBool::new(true));
        let database = Arc::clone(&well);
        let readiness = Readiness::new(vec![
            ("engine", Box::new(|| Ok(()))),
            (
                "database",
                Box::new(move || {
                    database
                        .load(Ordering::Relaxed)
                        .then_some(())
                        .ok_or_else(|| "Away for 3 s.".to_owned())
                }),
            ),
        ]);
        assert_eq!(readiness.check().unwrap().parts.len(), 2);
        well.store(false, Ordering::Relaxed);
        let refused = readiness.check().unwrap_err();
        let text = format!("{refused:?}");
        assert!(
            text.contains("Away for 3 s.") && !text.contains("\"engine\""),
            "{text}"
        );
        assert_eq!(refused.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
