//! `DELETE /api/v1/session`: signs out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use rollcall_shared::Problem;

use crate::api::answer::Refusal;
use crate::api::peer::Peer;
use crate::auth::people::People;
use crate::auth::sessions;

/// Sign out
///
/// Ends the session at once, on the server as well as in the browser. Whoever is not signed in is signed out
/// already and gets the same answer.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "people",
    responses(
        (status = 204, description = "Signed out; the cookie is cleared"),
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
    let cleared = [(header::SET_COOKIE, sessions::cleared_cookie(peer.secure))];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}
