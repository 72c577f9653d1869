//! `DELETE /api/v1/session`: signs out.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use rollcall_shared::Problem;

use crate::api::answer::Refusal;
use crate::api::peer::Peer;
use crate::auth::displays::DisplayToken;
use crate::auth::people::People;
use crate::auth::sessions;

/// Sign out
///
/// Ends the session at once, on the server as well as in the browser, which is no display after it either. Whoever is not signed in is signed out
/// already and gets the same answer.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    operation_id = "sign_out",
    tag = "people",
    responses(
        (status = 204, description = "Signed out; the cookies are cleared"),
        (
            status = 403, description = "The page that asks is of another origin", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 503, description = "No database: the session could not be ended, ask again", body = Problem,
            content_type = "application/problem+json"
        ),
    )
)]
pub(super) async fn delete(
    State(people): State<People>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(session) = sessions::carried(&headers, peer.secure) {
        people.sign_out(&session).await?;
    }
    let cleared = AppendHeaders([
        (header::SET_COOKIE, sessions::cleared_cookie(peer.secure)),
        (header::SET_COOKIE, DisplayToken::cleared_cookie(peer.secure)),
    ]);
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}

#[cfg(test)]
mod tests {
    use http::{StatusCode, header};
    use rollcall_shared::console_api::Role;

    use crate::api::session::testing::Server;

    const PATH: &str = "/api/v1/session";

    #[tokio::test]
    async fn signing_out_ends_this_session_at_once_and_no_other() {
        let server = Server::with_ada(Role::Admin).await;
        let (here, elsewhere) = (server.signed_in().await, server.signed_in().await);
        let answer = server.delete(PATH, &here).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(
            answer.headers[header::SET_COOKIE],
            "rollcall_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        // A browser, or a thief, that kept the cookie has nothing in hand.
        server.get(PATH, &here).await.refused(401);
        server.get("/api/v1/tokens", &here).await.refused(401);
        assert_eq!(server.get(PATH, &elsewhere).await.status, StatusCode::OK);
    }

    #[tokio::test]
    async fn whoever_is_not_signed_in_is_signed_out_already() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        for cookie in [&cookie, &cookie, "", "rollcall_session=x"] {
            assert_eq!(server.delete(PATH, cookie).await.status, StatusCode::NO_CONTENT);
        }
    }
}
