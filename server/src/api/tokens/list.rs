//! `GET /api/v1/tokens`: the enrolment tokens.

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Page, Token};

use super::shown;
use crate::api::answer::Refusal;
use crate::auth::people::People;
use crate::auth::person::{Action, Person};

/// List enrolment tokens
///
/// Those of the domains that the person may see, also used up, expired and revoked ones. Their texts are not
/// known to the server.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "list_tokens",
    tag = "enrolment",
    responses(
        (
            status = 200, description = "The tokens", body = Page<Token>,
            example = json!({ "items": [{
                "id": 7, "domain": 1, "uses": 50, "uses_left": 43, "revoked": false, "author": "ada",
                "created_at_ms": 1_900_000_000_000_i64, "expires_at_ms": 1_900_086_400_000_i64
            }] })
        ),
        (
            status = 401, description = "Nobody is signed in", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The person may not", body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(people): State<People>, person: Person) -> Result<Json<Page<Token>>, Refusal> {
    person.may(Action::Enrol)?;
    let store = people.store();
    let records = store.tokens().list(&person.scope).await?;
    let names = store.users().names().await?;
    let items = records
        .iter()
        .map(|record| {
            let author = record.created_by.and_then(|user| names.get(&user));
            shown(record, author.map(String::as_str))
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}
