//! `DELETE /api/v1/domains/{id}`: deletes an empty domain.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::{DomainId, Problem};

use super::{TreeRefused, Which, settled, uninterrupted};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// Delete a domain
///
/// Only one without domains, agents and enrolment tokens that are still good: revoke those first. Retired agents that are
/// in it, and tokens that enrol nobody any more, go to its parent.
#[utoipa::path(
    delete,
    path = "/api/v1/domains/{id}",
    operation_id = "delete_domain",
    tag = "domains",
    params(("id" = i32, Path, description = "The domain's number", example = 3)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No domain of that number, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There is something in it, or it is the domain that holds all", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    person: Person,
    Path(which): Path<Which>,
) -> Result<StatusCode, Refusal> {
    uninterrupted(end(app, person, which.domain()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn end(app: Arc<App>, person: Person, id: DomainId) -> Result<(), TreeRefused> {
    person.may(Action::ManageAgents)?;
    let _one_at_a_time = app.roster.changing().await;
    app.roster.tree(|tree| match tree.get(id) {
        Some(folder) if tree.sees(&person.scope, id) => {
            let top = folder
                .parent
                .is_some_and(|parent| !tree.sees(&person.scope, parent));
            if top { Err(TreeRefused::Top(id)) } else { Ok(()) }
        }
        _ => Err(TreeRefused::Unknown(id)),
    })?;
    let deleted = app.store.domains().delete(id, app.clock.wall_ms()).await;
    let parent = settled(&app, deleted).await?;
    app.roster.remove_domain(id, parent);
    Ok(())
}
