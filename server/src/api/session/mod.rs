//! `/api/v1/session`: signing in, who is signed in, signing out; and [`Person`] as what a handler takes.

mod create;
mod delete;
mod extract;
mod read;
#[cfg(test)]
pub(in crate::api) mod testing;

use axum::Json;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use rollcall_shared::problem::kind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Refusal;
use crate::auth::passwords::PasswordError;
use crate::auth::people::{People, PeopleError, SignedIn};
use crate::auth::person::MayNot;
#[cfg(doc)]
use crate::auth::person::Person;
use crate::auth::sessions;

/// The verbs of this resource.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    People: FromRef<S>,
{
    OpenApiRouter::default().routes(routes!(create::create, read::read, delete::delete))
}

/// 201 with the session's cookie: the answer to whoever has just signed in.
pub(super) fn opened(signed_in: &SignedIn, secure: bool) -> Response {
    let cookie = sessions::cookie(&signed_in.session, secure);
    let session = signed_in.person.session();
    (
        StatusCode::CREATED,
        [
            (header::SET_COOKIE, cookie),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        Json(session),
    )
        .into_response()
}

impl From<PeopleError> for Refusal {
    fn from(error: PeopleError) -> Self {
        match error {
            // The queue of 8 empties in a fraction of that.
            PeopleError::Password(PasswordError::Busy) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, kind::SLOW_DOWN, "Too much to do")
                    .detail("Too many people sign in at this moment. Try again in 2 s.")
                    .retry_after(2)
            }
            PeopleError::Password(error) => Self::internal(&error),
            PeopleError::Store(error) => error.into(),
            PeopleError::NoRandomness(error) => Self::internal(&error),
        }
    }
}

impl From<MayNot> for Refusal {
    fn from(error: MayNot) -> Self {
        Self::forbidden(&format!("{error}."))
    }
}
