//! `POST /api/v1/setup`: creates the first admin, by the one-time link.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use rollcall_shared::console_api::{Session, Setup};
use rollcall_shared::{FieldError, Problem};

use crate::api::answer::Refusal;
use crate::api::body::Json;
use crate::api::peer::Peer;
use crate::api::session::opened;
use crate::auth::credentials::NewPerson;
use crate::auth::people::{People, PeopleError, SetUpError};

impl From<SetUpError> for Refusal {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::Done => Self::new(StatusCode::CONFLICT, "/problems/already-set-up", "Already set up")
                .detail("The first admin exists. Sign in."),
            SetUpError::WrongToken => Self::forbidden(
                "This is not the link that the server printed when it last started.",
            )
            .fields(vec![FieldError::bare(
                "token",
                "It is not the token of the setup link.",
            )]),
            SetUpError::NotSignedIn(PeopleError::Store(error)) => {
                Self::unavailable(&error).detail("The admin was created, but not signed in. Sign in.")
            }
            SetUpError::Failed(error) | SetUpError::NotSignedIn(error) => error.into(),
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
    operation_id = "create_first_admin",
    tag = "people",
    request_body(content = Setup, example = json!({
        "token": "pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E", "name": "ada", "password": "correct horse battery"
    })),
    responses(
        (
            status = 201, description = "Created and signed in; the cookie is set", body = Session,
            example = json!({
                "user": "03v2k4m8qz1ht", "name": "ada", "role": "admin", "expires_at_ms": 1_900_000_043_200_i64
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

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use rollcall_shared::console_api::Role;
    use serde_json::{Value, json};

    use crate::api::session::testing::{PASSWORD, Server};

    const PATH: &str = "/api/v1/setup";

    fn body(token: &str, name: &str, password: &str) -> Value {
        json!({ "token": token, "name": name, "password": password })
    }

    #[tokio::test]
    async fn the_link_creates_an_admin_who_is_signed_in() {
        let server = Server::fresh().await;
        let answer = server
            .post(PATH, "", &body(&server.setup_token, "Ada", PASSWORD))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(
            (&answer.json["name"], &answer.json["role"]),
            (&json!("Ada"), &json!("admin"))
        );
        assert_eq!(
            server.get("/api/v1/session", &answer.cookie()).await.json,
            answer.json
        );
        assert_eq!(server.get(PATH, "").await.json, json!({ "needed": false }));
        server.signed_in().await;
    }

    #[tokio::test]
    async fn the_link_is_good_for_one_admin() {
        let server = Server::fresh().await;
        let first = server
            .post(PATH, "", &body(&server.setup_token, "ada", PASSWORD))
            .await;
        assert_eq!(first.status, StatusCode::CREATED);
        for token in [server.setup_token.as_str(), "another"] {
            let again = server.post(PATH, "", &body(token, "bob", PASSWORD)).await;
            again.refused(409);
            assert_eq!(again.json["detail"], "The first admin exists. Sign in.");
        }
    }

    #[tokio::test]
    async fn of_two_at_once_one_becomes_the_admin() {
        let server = Server::fresh().await;
        let (one, other) = (
            body(&server.setup_token, "ada", PASSWORD),
            body(&server.setup_token, "bob", PASSWORD),
        );
        let (one, other) = tokio::join!(server.post(PATH, "", &one), server.post(PATH, "", &other));
        let (winner, loser) = if one.status == StatusCode::CREATED {
            (one, other)
        } else {
            (other, one)
        };
        assert_eq!(winner.status, StatusCode::CREATED);
        loser.refused(409);
        assert_eq!(server.people.store().users().count().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn another_token_creates_nobody() {
        let server = Server::fresh().await;
        let last = if server.setup_token.ends_with('A') {
            'E'
        } else {
            'A'
        };
        let near = format!("{}{last}", &server.setup_token[..42]);
        for token in ["", "x", &near, &"x".repeat(10_000)] {
            let answer = server.post(PATH, "", &body(token, "ada", PASSWORD)).await;
            assert_eq!(answer.refused(403), ["token"]);
            assert!(
                !answer.json.to_string().contains(&near),
                "a token is never repeated"
            );
        }
        assert_eq!(server.people.store().users().count().await.unwrap(), 0);
        assert_eq!(
            server
                .post(PATH, "", &body(&server.setup_token, "ada", PASSWORD))
                .await
                .status,
            StatusCode::CREATED,
            "wrong ones do not spoil the right one"
        );
    }

    #[tokio::test]
    async fn fields_that_cannot_be_used_are_named_and_nobody_is_created() {
        let server = Server::fresh().await;
        let token = server.setup_token.as_str();
        for (body, fields) in [
            (body(token, "ada", "too short"), vec!["password"]),
            (body(token, "ada", &"x".repeat(257)), vec!["password"]),
            (
                body(token, "Ada Lovelace, Countess", "ada lovelace, COUNTESS"),
                vec!["password"],
            ),
            (body(token, " ada", PASSWORD), vec!["name"]),
            (body(token, "\u{202e}ada", PASSWORD), vec!["name"]),
            (body(token, "", ""), vec!["name", "password"]),
        ] {
            let answer = server.post(PATH, "", &body).await;
            assert_eq!(answer.refused(422), fields, "{body}");
        }
        assert_eq!(server.get(PATH, "").await.json, json!({ "needed": true }));
    }

    #[tokio::test]
    async fn a_body_of_another_shape_is_a_problem_and_never_a_panic() {
        let server = Server::fresh().await;
        for (body, status, fields) in [
            ("", 400, vec![]),
            ("7", 422, vec!["body"]),
            ("{}", 422, vec!["token"]),
            (r#"{"token":"hunter2","name":"ada"}"#, 422, vec!["password"]),
            (
                r#"{"token":["hunter2"],"name":"ada","password":"x"}"#,
                422,
                vec!["token"],
            ),
            (
                r#"{"token":"hunter2","name":{},"password":"x"}"#,
                422,
                vec!["name"],
            ),
            (
                r#"{"token":"hunter2","name":"ada","password":null}"#,
                422,
                vec!["password"],
            ),
            (
                r#"{"token":"hunter2","name":"ada","password":"x","role":"admin"}"#,
                422,
                vec!["role"],
            ),
        ] {
            let answer = server.post_raw(PATH, "", body).await;
            assert_eq!(answer.refused(status), fields, "{body}: {answer:?}");
            assert!(!answer.json.to_string().contains("hunter2"), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn where_somebody_exists_no_link_helps() {
        let server = Server::with_ada(Role::Viewer).await;
        server
            .post(PATH, "", &body(&server.setup_token, "bob", PASSWORD))
            .await
            .refused(409);
    }
}
