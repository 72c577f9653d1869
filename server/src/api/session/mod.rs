//! `/api/v1/session`: signing in, who is signed in, signing out; and [`Person`] as what a handler takes.

mod create;
mod delete;
mod display;
mod extract;
mod guessing;
mod read;
#[cfg(test)]
pub(in crate::api) mod testing;

use std::sync::Arc;

use axum::extract::FromRef;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Json};
use http::{StatusCode, header};
use rollcall_shared::problem::kind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::guessing::Guessing;
use super::answer::Refusal;
use crate::auth::displays::DisplayToken;
use crate::auth::passwords::PasswordError;
use crate::auth::people::{People, PeopleError, SignedIn};
use crate::auth::person::MayNot;
#[cfg(doc)]
use crate::auth::person::Person;
use crate::auth::sessions;
use crate::auth::watcher::OnlyTheWall;

/// The verbs of this resource. Each call remembers wrong sign-ins on its own: to be called once a server.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    People: FromRef<S>,
{
    OpenApiRouter::default()
        .routes(routes!(create::create, read::read, delete::delete))
        .routes(routes!(display::enter, display::read))
        .layer(Extension(Arc::new(Guessing::new())))
}

/// 201 with the session's cookie: the answer to whoever has just signed in.
pub(super) fn opened(signed_in: &SignedIn, secure: bool) -> Response {
    let cookie = sessions::cookie(&signed_in.session, secure);
    let session = signed_in.person.session();
    (
        StatusCode::CREATED,
        AppendHeaders([
            (header::SET_COOKIE, cookie),
            (header::SET_COOKIE, DisplayToken::cleared_cookie(secure)),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ]),
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

impl From<OnlyTheWall> for Refusal {
    fn from(_: OnlyTheWall) -> Self {
        Self::forbidden("A display shows the wall and nothing else.")
    }
}

impl From<MayNot> for Refusal {
    fn from(error: MayNot) -> Self {
        Self::forbidden(&format!("{error}."))
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::Role;
    use serde_json::json;

    use super::testing::{PASSWORD, Server};
    use super::*;

    #[tokio::test]
    async fn without_its_database_the_server_says_so_and_lets_nobody_in() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        server.people.store().clone().close().await.unwrap();
        let path = "/api/v1/session";
        let sign_in = json!({ "name": "ada", "password": PASSWORD });
        let setup = json!({ "token": server.setup_token, "name": "bob", "password": PASSWORD });
        for answer in [
            server.post(path, "", &sign_in).await,
            server.get(path, &cookie).await,
            server.delete(path, &cookie).await,
            server.get("/api/v1/setup", "").await,
            server.post("/api/v1/setup", "", &setup).await,
            server.get("/api/v1/tokens", &cookie).await,
        ] {
            answer.refused(503);
            assert_eq!(answer.headers[header::RETRY_AFTER], "5");
            assert!(!answer.json.to_string().contains("sqlite"), "{answer:?}");
        }
    }

    #[test]
    fn whoever_finds_the_queue_full_is_told_when_to_come_again() {
        let refusal = Refusal::from(PeopleError::Password(PasswordError::Busy)).into_response();
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn every_verb_is_described_under_a_name_of_its_own() {
        let (_, api) = routes::<People>()
            .merge(crate::api::setup::routes())
            .merge(crate::api::tokens::routes())
            .merge(crate::api::displays::routes())
            .split_for_parts();
        let api = serde_json::to_value(&api).unwrap();
        let mut names: Vec<&str> = api["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|verb| verb["operationId"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        let expected = [
            "create_first_admin",
            "enter_as_display",
            "list_displays",
            "list_tokens",
            "make_display",
            "make_token",
            "revoke_display",
            "revoke_token",
            "setup_state",
            "sign_in",
            "sign_out",
            "which_display_am_i",
            "who_am_i",
        ];
        assert_eq!(names, expected);
    }
}
