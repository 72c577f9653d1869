//! `POST /api/v1/setup`: creates the first admin, by the one-time link.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use rollcall_shared::console_api::{Session, Setup};
use rollcall_shared::{FieldError, Problem};
use serde_json::json;

use crate::api::answer::Refusal;
use crate::api::body::Json;
use crate::api::peer::Peer;
use crate::api::session::opened;
use crate::auth::credentials::NewPerson;
use crate::auth::people::{People, PeopleError, SetUpError};

impl From<SetUpError> for Refusal {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::Done => Self::new(
                StatusCode::CONFLICT,
                "/problems/already-set-up",
                "Already set up",
            )
            .detail("The first admin exists. Sign in."),
            SetUpError::WrongToken => {
                Self::forbidden("This is not the link that the server printed when it last started.")
                    .fields(vec![FieldError::bare("token", "It is not the token of the setup link.")])
            }
            SetUpError::Failed(error) => error.into(),
            SetUpError::NotSignedIn(PeopleError::Store(error)) => {
                Self::unavailable(&error).detail("The admin was created, but not signed in. Sign in.")
            }
            SetUpError::NotSignedIn(error) => error.into(),
        }
    }
}

/// Create the first admin
///
/// The token is what stands behind the `#` of the link that the server printed when it started. It is good for
/// one admin. The answer signs them in, as `POST /api/v1/session` does.
#[utoipa::path(
    post,
    path = "/api/v1/setup",
    tag = "people",
    request_body(content = Setup, example = json!({
        "token": "pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E", "name": "ada", "password": "correct horse battery"
    })),
    responses(
        (
            status = 201, description = "Created and signed in; the cookie is set", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_000_i64
            })
        ),
        (
            status = 403, description = "Not the link's token", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/forbidden", "title": "Not allowed", "status": 403,
                "detail": "This is not the link that the server printed when it last started.",
                "errors": [{ "field": "token", "detail": "It is not the token of the setup link." }]
            })
        ),
        (
            status = 409, description = "There is an admin already", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/already-set-up", "title": "Already set up", "status": 409,
                "detail": "The first admin exists. Sign in."
            })
        ),
        (
            status = 422, description = "A field cannot be used", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/invalid", "title": "Invalid fields", "status": 422, "detail": "password",
                "errors": [{
                    "field": "password", "detail": "The password has 7 characters.",
                    "allowed": "at least 15 characters and at most 256 bytes, other than the name"
                }]
            })
        ),
        (
            status = 503, description = "Too much to do, or no database; see `Retry-After`",
            body = Problem, content_type = "application/problem+json"
        ),
    )
)]
pub(super) async fn create(
    State(people): State<People>,
    peer: Peer,
    Json(setup): Json<Setup>,
) -> Result<Response, Refusal> {
    let admin = NewPerson::parse(setup.name, setup.password).map_err(Refusal::invalid)?;
    let signed_in = people.set_up(&setup.token, admin).await?;
    Ok(opened(&signed_in, peer.secure))
}
