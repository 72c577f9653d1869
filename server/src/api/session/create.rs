//! `POST /api/v1/session`: signs in.

use axum::extract::State;
use axum::response::Response;
use rollcall_shared::console_api::{Session, SignIn};
use rollcall_shared::{FieldError, Problem};
use serde_json::json;

use super::opened;
use crate::api::answer::Refusal;
use crate::api::body::Json;
use crate::api::peer::Peer;
use crate::auth::credentials::could_exist;
use crate::auth::people::{People, PeopleError};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
enum SignInError {
    /// A name or a password that nobody can have.
    #[error("fields that cannot be used")]
    Fields(Vec<FieldError>),
    /// Too many guesses from this address or at this name.
    #[error("too many guesses")]
    TooManyGuesses {
        /// When to come again.
        retry_after_s: u32,
    },
    /// Nobody has this name and this password. Which of the two is wrong is not told.
    #[error("nobody has this name and this password")]
    Wrong,
    /// Something failed.
    #[error(transparent)]
    Failed(#[from] PeopleError),
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Fields(errors) => Self::invalid(errors),
            SignInError::TooManyGuesses { retry_after_s } => Self::slow_down(retry_after_s),
            SignInError::Wrong => Self::unauthenticated("Nobody has this name and this password."),
            SignInError::Failed(error) => error.into(),
        }
    }
}

/// Sign in
///
/// Opens a session and gives it to the browser as a cookie that scripts cannot read. The session ends 12 hours
/// after its last use, 7 days after it was opened, or when it is signed out of.
///
/// An unknown name and a wrong password get the same answer after the same time.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "people",
    request_body(content = SignIn, example = json!({ "name": "ada", "password": "correct horse battery" })),
    responses(
        (
            status = 201, description = "Signed in; the cookie is set", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_000_i64
            })
        ),
        (
            status = 401, description = "Nobody has this name and this password", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/unauthenticated", "title": "Not authenticated", "status": 401,
                "detail": "Nobody has this name and this password."
            })
        ),
        (
            status = 422, description = "A field cannot be used", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 429, description = "Too many guesses from this address or at this name; see `Retry-After`",
            body = Problem, content_type = "application/problem+json"
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
    Json(sign_in): Json<SignIn>,
) -> Result<Response, Refusal> {
    could_exist(&sign_in.name, &sign_in.password).map_err(SignInError::Fields)?;
    guess(&people, &peer, &sign_in.name)?;
    let signed_in = people
        .sign_in(&sign_in.name, sign_in.password)
        .await
        .map_err(SignInError::Failed)?
        .ok_or(SignInError::Wrong)?;
    Ok(opened(&signed_in, peer.secure))
}
