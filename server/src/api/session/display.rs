//! `/api/v1/session/display`: a screen comes in by its token, and asks as whom.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rollcall_shared::console_api::{DisplaySession, DisplaySignIn};
use rollcall_shared::{FieldError, Problem};

use crate::api::answer::Refusal;
use crate::api::body;
use crate::api::peer::Peer;
use crate::auth::displays::DisplayToken;
use crate::auth::people::People;
use crate::auth::sessions;

/// Come in as a display
///
/// Gives the browser the token as a cookie that scripts cannot read. With it the wall can be looked at, and nothing
/// else: a session that the browser has ends.
#[utoipa::path(
    post,
    path = "/api/v1/session/display",
    operation_id = "enter_as_display",
    tag = "displays",
    request_body(
        content = DisplaySignIn,
        example = json!({ "token": "rcd_pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E" })
    ),
    responses(
        (
            status = 201, description = "Let in; the cookie is set", body = DisplaySession,
            example = json!({ "name": "NOC, left", "domain": 3, "domain_name": "Berlin" })
        ),
        (
            status = 401, description = "No display has this token", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 422, description = "It is no token of a display", body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn enter(
    State(people): State<People>,
    peer: Peer,
    headers: HeaderMap,
    body::Json(given): body::Json<DisplaySignIn>,
) -> Result<Response, Refusal> {
    let token = DisplayToken::parse(&given.token).map_err(|error| {
        // What was given may be a secret with a typing error in it.
        let given = format!("{} characters", given.token.chars().count());
        Refusal::invalid(vec![FieldError::new(
            "token",
            "It is no token of a display.",
            error.to_string(),
            given,
        )])
    })?;
    let (id, display) = let_in(&people, &token).await?;
    if let Some(session) = sessions::carried(&headers, peer.secure) {
        people.sign_out(&session).await?;
    }
    tracing::info!(address = %peer.address, display = id, "a display came in");
    let mut answer = answer(StatusCode::CREATED, &token, peer, display);
    if let Ok(cleared) = HeaderValue::try_from(sessions::cleared_cookie(peer.secure)) {
        answer.headers_mut().append(header::SET_COOKIE, cleared);
    }
    Ok(answer)
}

/// Which display am I
///
/// Sets the cookie anew, which browsers forget after 400 days.
#[utoipa::path(
    get,
    path = "/api/v1/session/display",
    operation_id = "which_display_am_i",
    tag = "displays",
    responses(
        (
            status = 200, description = "As which display the screen is let in", body = DisplaySession,
            example = json!({ "name": "NOC, left", "domain": 3, "domain_name": "Berlin" })
        ),
        (
            status = 401, description = "As none, or it was revoked", body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(people): State<People>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = DisplayToken::carried(&headers, peer.secure)
        .ok_or_else(|| Refusal::unauthenticated("This is no display."))?;
    let (_, display) = let_in(&people, &token).await?;
    Ok(answer(StatusCode::OK, &token, peer, display))
}

/// The display's number, and what it is told of itself.
async fn let_in(people: &People, token: &DisplayToken) -> Result<(i64, DisplaySession), Refusal> {
    let display = people
        .display(token)
        .await?
        .ok_or_else(|| Refusal::unauthenticated("This display is not let in, or no more."))?;
    let domain_name = people.store().domains().name(display.domain).await?;
    let session = DisplaySession {
        name: display.name,
        domain: display.domain,
        // A domain that a display shows is not deleted.
        domain_name: domain_name.unwrap_or_default(),
    };
    Ok((display.id, session))
}

fn answer(status: StatusCode, token: &DisplayToken, peer: Peer, session: DisplaySession) -> Response {
    let headers = [
        (header::SET_COOKIE, token.cookie(peer.secure)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (status, headers, Json(session)).into_response()
}
