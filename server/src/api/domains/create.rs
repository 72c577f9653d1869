//! `POST /api/v1/domains`: makes a domain.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Domain, NewDomain, StatusCounts};

use super::{TreeRefused, checked_name, settled, uninterrupted};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::person::{Action, Person};

/// Make a domain
///
/// Its name must be free in its parent; capital and small letters make no difference.
#[utoipa::path(
    post,
    path = "/api/v1/domains",
    operation_id = "make_domain",
    tag = "domains",
    request_body(content = NewDomain, example = json!({ "name": "Berlin", "parent": 1 })),
    responses(
        (status = 201, description = "Made", body = Domain),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken, or there are too many domains", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    person: Person,
    Json(new): Json<NewDomain>,
) -> Result<(StatusCode, Answer<Domain>), Refusal> {
    let made = uninterrupted(make(app, person, new)).await?;
    Ok((StatusCode::CREATED, Answer(made)))
}

pub(super) async fn make(app: Arc<App>, person: Person, new: NewDomain) -> Result<Domain, TreeRefused> {
    person.may(Action::ManageAgents)?;
    let name = checked_name(&new.name)?;
    let _one_at_a_time = app.roster.changing().await;
    if !app
        .roster
        .tree(|tree| tree.get(new.parent).is_some() && tree.sees(&person.scope, new.parent))
    {
        return Err(TreeRefused::no_domain("parent", new.parent));
    }
    let record = settled(&app, app.store.domains().create(name, new.parent).await).await?;
    app.roster.put_domain(record.clone());
    Ok(Domain {
        id: record.id,
        parent: record.parent,
        name: record.name,
        agents: StatusCounts::default(),
        with_below: StatusCounts::default(),
    })
}
