//! `PATCH /api/v1/domains/{id}`: renames a domain, or moves it with all that is in it.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::console_api::DomainChange;
use rollcall_shared::{DomainId, FieldError, Problem};

use super::{TreeRefused, Which, checked_name, settled, uninterrupted};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Rename or move a domain
///
/// What is left out stays as it is, so the last one who says something of it is right: there is no version to name. With
/// a domain goes all that is in it, and nobody's presence changes.
#[utoipa::path(
    patch,
    path = "/api/v1/domains/{id}",
    operation_id = "change_domain",
    tag = "domains",
    params(("id" = i32, Path, description = "The domain's number", example = 3)),
    request_body(content = DomainChange, example = json!({ "name": "Berlin", "parent": 1 })),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No domain of that number, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken, or it is the domain that holds all", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    person: Person,
    Path(which): Path<Which>,
    Json(change): Json<DomainChange>,
) -> Result<StatusCode, Refusal> {
    uninterrupted(make(app, person, which.domain()?, change)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn make(
    app: Arc<App>,
    person: Person,
    id: DomainId,
    change: DomainChange,
) -> Result<(), TreeRefused> {
    person.may(Action::ManageAgents)?;
    if change == DomainChange::default() {
        return Err(TreeRefused::Fields(vec![FieldError::bare(
            "name",
            "Say what is to change: the name, the parent, or both.",
        )]));
    }
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let _one_at_a_time = app.roster.changing().await;
    app.roster.tree(|tree| {
        let sees = |domain| tree.get(domain).is_some() && tree.sees(&person.scope, domain);
        if !sees(id) {
            return Err(TreeRefused::Unknown(id));
        }
        let Some(to) = change.parent else { return Ok(()) };
        if !sees(to) {
            return Err(TreeRefused::no_domain("parent", to));
        }
        match tree.get(id).and_then(|folder| folder.parent) {
            Some(from) if !tree.sees(&person.scope, from) => Err(TreeRefused::Top(id)),
            _ => Ok(()),
        }
    })?;
    let changed = app.store.domains().change_one(id, name, change.parent).await;
    let record = settled(&app, changed).await?;
    app.roster.put_domain(record);
    Ok(())
}
