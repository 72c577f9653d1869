//! `POST /api/v1/session`: signs in.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use rollcall_shared::console_api::{Session, SignIn};
use rollcall_shared::{FieldError, Problem};

use super::guessing::Guessing;
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
    TooMany(Refusal),
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
            SignInError::TooMany(refusal) => refusal,
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
    operation_id = "sign_in",
    tag = "people",
    request_body(content = SignIn, example = json!({ "name": "ada", "password": "correct horse battery" })),
    responses(
        (
            status = 201, description = "Signed in; the cookie is set", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_i64
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
    Extension(guessing): Extension<Arc<Guessing>>,
    peer: Peer,
    Json(sign_in): Json<SignIn>,
) -> Result<Response, Refusal> {
    could_exist(&sign_in.name, &sign_in.password).map_err(SignInError::Fields)?;
    let attempt = guessing
        .begin(peer.address, &sign_in.name, people.monotonic())
        .map_err(SignInError::TooMany)?;
    let judged = people.sign_in(&sign_in.name, sign_in.password).await;
    if !matches!(judged, Ok(None)) {
        guessing.forgive(attempt);
    }
    let signed_in = judged.map_err(SignInError::Failed)?;
    let Some(signed_in) = signed_in else {
        // Without the name: people type their password there.
        tracing::info!(address = %peer.address, "a sign-in failed");
        return Err(SignInError::Wrong.into());
    };
    tracing::info!(address = %peer.address, user = %signed_in.person.user, "signed in");
    Ok(opened(&signed_in, peer.secure))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use http::{Method, StatusCode, header};
    use rollcall_shared::console_api::Role;
    use serde_json::json;

    use crate::api::peer::Peer;
    use crate::api::session::testing::{MINUTE_MS, PASSWORD, Server};

    const PATH: &str = "/api/v1/session";

    #[tokio::test]
    async fn whoever_knows_name_and_password_is_signed_in() {
        let server = Server::with_ada(Role::Operator).await;
        let answer = server
            .post(PATH, "", &json!({ "name": "ADA", "password": PASSWORD }))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(
            answer.json,
            json!({
                "user": "0000000000001", "name": "ada", "role": "operator",
                "expires_at_ms": 1_900_000_000_000_i64 + 12 * 3_600_000
            })
        );
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(server.get(PATH, &answer.cookie()).await.json, answer.json);
    }

    #[tokio::test]
    async fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
        let server = Server::with_ada(Role::Admin).await;
        let unknown = server
            .post(PATH, "", &json!({ "name": "bob", "password": PASSWORD }))
            .await;
        let wrong = server
            .post(
                PATH,
                "",
                &json!({ "name": "ada", "password": "wrong horse battery" }),
            )
            .await;
        assert_eq!(unknown.refused(401), [""; 0]);
        assert_eq!(unknown, wrong);
    }

    #[tokio::test]
    async fn a_body_that_cannot_be_used_is_refused_by_field() {
        let server = Server::with_ada(Role::Admin).await;
        for (body, fields) in [
            (json!({ "name": "", "password": PASSWORD }), vec!["name"]),
            (
                json!({ "name": "a".repeat(65), "password": PASSWORD }),
                vec!["name"],
            ),
            (json!({ "name": "ada\u{0}", "password": PASSWORD }), vec!["name"]),
            (json!({ "name": "ada", "password": "" }), vec!["password"]),
            (
                json!({ "name": "ada", "password": "x".repeat(257) }),
                vec!["password"],
            ),
            (
                json!({ "name": " ada", "password": "" }),
                vec!["name", "password"],
            ),
        ] {
            assert_eq!(server.post(PATH, "", &body).await.refused(422), fields, "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_of_another_shape_is_a_problem_and_never_a_panic() {
        let server = Server::with_ada(Role::Admin).await;
        for (body, status, fields) in [
            ("", 400, vec![]),
            ("{", 400, vec![]),
            ("\u{0}\u{1}", 400, vec![]),
            ("null", 422, vec!["body"]),
            ("{}", 422, vec!["name"]),
            (r#"{"name":"ada"}"#, 422, vec!["password"]),
            (r#"{"name":1,"password":"x"}"#, 422, vec!["name"]),
            (r#"{"name":"ada","password":["hunter2"]}"#, 422, vec!["password"]),
            (
                r#"{"name":"ada","password":"hunter2","role":"admin"}"#,
                422,
                vec!["role"],
            ),
            (
                r#"{"name":"ada","name":"bob","password":"hunter2"}"#,
                422,
                vec!["name"],
            ),
            (&"[".repeat(60_000), 422, vec!["[0]"]),
            (&" ".repeat(70_000), 413, vec![]),
        ] {
            let answer = server.post_raw(PATH, "", body).await;
            assert_eq!(answer.refused(status), fields, "{body:.60}: {answer:?}");
            assert!(!answer.json.to_string().contains("hunter2"), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn who_guesses_wrong_too_often_has_to_wait_and_the_neighbour_has_not() {
        let server = Server::with_ada(Role::Admin).await;
        let right = json!({ "name": "ada", "password": PASSWORD });
        let wrong = json!({ "name": "ada", "password": "wrong horse battery" });
        for _ in 0..12 {
            assert_eq!(server.post(PATH, "", &right).await.status, StatusCode::CREATED);
        }
        for _ in 0..10 {
            server.post(PATH, "", &wrong).await.refused(401);
        }
        // Also with the right password: otherwise the answer would tell which one it is.
        let refused = server.post(PATH, "", &right).await;
        refused.refused(429);
        let wait: u32 = refused.headers[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait), "{wait}");

        let neighbour = Peer::direct(IpAddr::from([192, 0, 2, 7]), false);
        let answer = server
            .ask_from(neighbour, Method::POST, PATH, "", right.to_string())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);

        server.pass(MINUTE_MS);
        assert_eq!(server.post(PATH, "", &right).await.status, StatusCode::CREATED);
    }

    #[tokio::test]
    async fn over_tls_the_cookie_is_secure_and_bound_to_this_host() {
        let server = Server::with_ada(Role::Admin).await;
        let secure = Peer::direct(IpAddr::V4(Ipv4Addr::LOCALHOST), true);
        let body = json!({ "name": "ada", "password": PASSWORD }).to_string();
        let answer = server.ask_from(secure, Method::POST, PATH, "", body).await;
        let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(set.starts_with("__Host-rollcall_session="), "{set}");
        assert!(set.contains("; Path=/; ") && set.ends_with("; Secure"), "{set}");

        let cookie = answer.cookie();
        let who = server
            .ask_from(secure, Method::GET, PATH, &cookie, String::new())
            .await;
        assert_eq!(who.status, StatusCode::OK);
        let planted = cookie.trim_start_matches("__Host-");
        server
            .ask_from(secure, Method::GET, PATH, planted, String::new())
            .await
            .refused(401);
    }
}
