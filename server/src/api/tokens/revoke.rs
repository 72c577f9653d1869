//! `DELETE /api/v1/tokens/{id}`: revokes an enrolment token.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use rollcall_shared::Problem;
use serde_json::json;

use crate::api::answer::Refusal;
use crate::auth::people::People;
use crate::auth::person::{Action, MayNot, Person};
use crate::store::StoreError;

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
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(people): State<People>,
    person: Person,
    id: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    end(&people, &person, id.ok().map(|Path(id)| id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(people: &People, person: &Person, id: Option<i64>) -> Result<(), RevokeError> {
    person.may(Action::Enrol)?;
    let id = id.ok_or(RevokeError::Unknown)?;
    let tokens = people.store().tokens();
    let record = tokens.list().await?.into_iter().find(|record| record.id == id);
    if !record.is_some_and(|record| person.scope.sees(record.domain)) {
        return Err(RevokeError::Unknown);
    }
    tokens.revoke(id).await?;
    Ok(())
}
