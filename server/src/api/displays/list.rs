//! `GET /api/v1/displays`: the screens that are let in.

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Display, Page};

use super::shown;
use crate::api::answer::Refusal;
use crate::auth::people::People;
use crate::auth::person::{Action, Person};

/// List displays
///
/// Those that show domains which the person may see, newest first. Their tokens are not known to the server.
#[utoipa::path(
    get,
    path = "/api/v1/displays",
    operation_id = "list_displays",
    tag = "displays",
    responses(
        (
            status = 200, description = "The displays", body = Page<Display>,
            example = json!({ "items": [{
                "id": 7, "name": "NOC, left", "domain": 1, "author": "ada",
                "created_at_ms": 1_900_000_000_000_i64, "last_seen_ms": 1_900_086_400_000_i64
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
pub(super) async fn list(
    State(people): State<People>,
    person: Person,
) -> Result<Json<Page<Display>>, Refusal> {
    person.may(Action::PutUpDisplays)?;
    let store = people.store();
    let records = store.displays().list(&person.scope).await?;
    let names = store.users().names().await?;
    let items = records
        .into_iter()
        .map(|record| {
            let author = record.created_by.and_then(|user| names.get(&user));
            shown(record, author.map(String::as_str))
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}
