//! `DELETE /api/v1/tokens/{id}`: revokes an enrolment token.

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::Problem;

use crate::api::answer::Refusal;
use crate::api::parameters::Path;
use crate::auth::people::People;
use crate::auth::person::{Action, MayNot, Person};
use crate::store::StoreError;

/// The parameter of the path, by its name, so that a refusal can name it.
#[derive(serde::Deserialize)]
pub(super) struct Which {
    id: i64,
}

/// Why no token was revoked.
#[derive(Debug, thiserror::Error)]
enum RevokeError {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// No token of that number, or none that the person may see.
    #[error("no such token")]
    Unknown,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RevokeError> for Refusal {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::MayNot(error) => error.into(),
            RevokeError::Unknown => Self::not_found("There is no enrolment token of that number."),
            RevokeError::Store(error) => error.into(),
        }
    }
}

/// Revoke an enrolment token
///
/// No machine can enrol with it from now on. Agents enrolled with it stay. Revoking it again changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    operation_id = "revoke_token",
    tag = "enrolment",
    params(("id" = i64, Path, description = "The token's number", example = 7)),
    responses(
        (status = 204, description = "Revoked"),
        (
            status = 401, description = "Nobody is signed in", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The person may not", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No token of that number", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/not-found", "title": "Not found", "status": 404,
                "detail": "There is no enrolment token of that number."
            })
        ),
        (
            status = 422, description = "Not a number", body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(people): State<People>,
    person: Person,
    Path(which): Path<Which>,
) -> Result<StatusCode, Refusal> {
    end(&people, &person, which.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(people: &People, person: &Person, id: i64) -> Result<(), RevokeError> {
    person.may(Action::Enrol)?;
    if people.store().tokens().revoke(&person.scope, id).await? {
        Ok(())
    } else {
        Err(RevokeError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use rollcall_shared::console_api::Role;
    use serde_json::json;

    use crate::api::session::testing::Server;

    #[tokio::test]
    async fn a_revoked_token_stays_in_the_list_as_revoked() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        let made = server
            .post("/api/v1/tokens", &cookie, &json!({ "uses": 2, "hours": 1 }))
            .await;
        let path = format!("/api/v1/tokens/{}", made.json["token"]["id"]);

        let listed = server.get("/api/v1/tokens", &cookie).await;
        assert_eq!(listed.json, json!({ "items": [made.json["token"]] }));
        for _ in 0..2 {
            assert_eq!(server.delete(&path, &cookie).await.status, StatusCode::NO_CONTENT);
        }
        let listed = server.get("/api/v1/tokens", &cookie).await;
        assert_eq!(listed.json["items"][0]["revoked"], true);
        let secret = made.json["secret"].as_str().unwrap();
        assert!(
            !listed.json.to_string().contains(secret),
            "the text is shown once"
        );
    }

    #[tokio::test]
    async fn a_number_that_no_token_has_is_not_found() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        for id in ["99", "0", "-1"] {
            let answer = server.delete(&format!("/api/v1/tokens/{id}"), &cookie).await;
            assert_eq!(answer.refused(404), [""; 0], "{id}");
        }
        for id in ["x", "1.5", "99999999999999999999", "%ff", "%00"] {
            let answer = server.delete(&format!("/api/v1/tokens/{id}"), &cookie).await;
            assert_eq!(answer.refused(422), ["id"], "{id}");
        }
    }
}
