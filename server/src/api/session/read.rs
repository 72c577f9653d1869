//! `GET /api/v1/session`: who is signed in.

use axum::Json;
use http::header;
use rollcall_shared::Problem;
use rollcall_shared::console_api::Session;
use serde_json::json;

use crate::auth::person::Person;

/// Who am I
///
/// Asking is a use of the session, and puts its end off.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "people",
    responses(
        (
            status = 200, description = "Who is signed in", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_000_i64
            })
        ),
        (
            status = 401, description = "Nobody is, or the session has ended", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/unauthenticated", "title": "Not authenticated", "status": 401,
                "detail": "The session has ended."
            })
        ),
    )
)]
pub(super) async fn read(person: Person) -> ([(header::HeaderName, &'static str); 1], Json<Session>) {
    ([(header::CACHE_CONTROL, "no-store")], Json(person.session()))
}
