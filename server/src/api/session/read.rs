//! `GET /api/v1/session`: who is signed in.

use axum::Json;
use http::header;
use rollcall_shared::Problem;
use rollcall_shared::console_api::Session;

use crate::auth::person::Person;

/// Who am I
///
/// Asking is a use of the session, and puts its end off.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "who_am_i",
    tag = "people",
    responses(
        (
            status = 200, description = "Who is signed in", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_i64
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

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use rollcall_shared::console_api::Role;

    use crate::api::session::testing::{HOUR_MS, MINUTE_MS, Server};

    const PATH: &str = "/api/v1/session";

    #[tokio::test]
    async fn nobody_is_signed_in_without_a_session_of_this_server() {
        let server = Server::with_ada(Role::Admin).await;
        let foreign = format!("rollcall_session={}", "A".repeat(43));
        for cookie in ["", "rollcall_session=", "rollcall_session=x", "other=1", &foreign] {
            let answer = server.get(PATH, cookie).await;
            assert_eq!(answer.refused(401), [""; 0], "{cookie}");
            assert_eq!(answer.json["type"], "/problems/unauthenticated");
        }
    }

    #[tokio::test]
    async fn a_session_ends_twelve_hours_after_its_last_use() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        server.pass(12 * HOUR_MS - 1);
        assert_eq!(server.get(PATH, &cookie).await.status, StatusCode::OK);
        server.pass(12 * HOUR_MS - 1);
        assert_eq!(
            server.get(PATH, &cookie).await.status,
            StatusCode::OK,
            "the use before put the end off"
        );
        server.pass(12 * HOUR_MS);
        server.get(PATH, &cookie).await.refused(401);
        server.pass(-12 * HOUR_MS);
        server.get(PATH, &cookie).await.refused(401);
    }

    #[tokio::test]
    async fn a_session_in_constant_use_ends_after_seven_days() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        for _ in 0..7 * 24 - 1 {
            server.pass(HOUR_MS);
            assert_eq!(server.get(PATH, &cookie).await.status, StatusCode::OK);
        }
        let last = server.get(PATH, &cookie).await;
        assert_eq!(last.json["expires_at_ms"], server.people.now_ms() + HOUR_MS);
        server.pass(HOUR_MS);
        server.get(PATH, &cookie).await.refused(401);
    }

    #[tokio::test]
    async fn uses_within_a_minute_write_nothing() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        let first = server.get(PATH, &cookie).await;
        server.pass(MINUTE_MS - 1);
        assert_eq!(server.get(PATH, &cookie).await.json, first.json);
        server.pass(1);
        let later = server.get(PATH, &cookie).await;
        assert_eq!(later.json["expires_at_ms"], server.people.now_ms() + 12 * HOUR_MS);
    }
}
