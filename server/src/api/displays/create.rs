//! `POST /api/v1/displays`: lets a screen in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use rollcall_shared::console_api::{Display, DisplayMade, NewDisplay};
use rollcall_shared::{DomainId, FieldError, Problem};

use super::shown;
use crate::api::answer::Refusal;
use crate::api::body::Json;
use crate::api::domains::no_such;
use crate::api::name;
use crate::auth::displays::DisplayToken;
use crate::auth::people::People;
use crate::auth::person::{Action, MayNot, Person};
use crate::clock::NoRandomness;
use crate::scope::Scope;
use crate::store::StoreError;

/// Why no screen was let in.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// A field that cannot be used.
    #[error("a field that cannot be used")]
    Field(FieldError),
    /// There are as many as there may be.
    #[error("too many displays")]
    TooMany,
    /// No secret could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateError> for Refusal {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::MayNot(error) => error.into(),
            CreateError::Field(error) => Self::invalid(vec![error]),
            CreateError::TooMany => Self::new(
                StatusCode::CONFLICT,
                "/problems/too-many-displays",
                "Too many displays",
            )
            .detail(format!("There are {} displays, and no more fit.", Display::MOST)),
            CreateError::NoRandomness(error) => Self::internal(&error),
            CreateError::Store(error) => error.into(),
        }
    }
}

/// Let a display in
///
/// The answer holds the display's token, which is shown this once. A screen that opens `/wall?kiosk#token=` and the
/// token shows the agents of `domain` and below, until the display is revoked. It may look at the wall and at nothing
/// else. A domain that a display shows is not deleted.
#[utoipa::path(
    post,
    path = "/api/v1/displays",
    operation_id = "make_display",
    tag = "displays",
    request_body(content = NewDisplay, example = json!({ "name": "NOC, left", "domain": 3 })),
    responses(
        (
            status = 201, description = "Let in", body = DisplayMade,
            example = json!({
                "display": {
                    "id": 7, "name": "NOC, left", "domain": 3, "author": "ada", "created_at_ms": 1_900_000_000_000_i64
                },
                "secret": "rcd_pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E"
            })
        ),
        (
            status = 401, description = "Nobody is signed in", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The person may not", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409, description = "There are as many displays as there may be", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 422, description = "A field cannot be used", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/invalid", "title": "Invalid fields", "status": 422, "detail": "name",
                "errors": [{
                    "field": "name", "detail": "It has another length.",
                    "allowed": "1 to 64 characters without control or invisible characters", "given": "0 characters"
                }]
            })
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(people): State<People>,
    person: Person,
    Json(new): Json<NewDisplay>,
) -> Result<Response, Refusal> {
    Ok(make(&people, &person, &new).await?.into_response())
}

async fn make(
    people: &People,
    person: &Person,
    new: &NewDisplay,
) -> Result<impl IntoResponse + use<>, CreateError> {
    person.may(Action::PutUpDisplays)?;
    let name = name::checked(&new.name, Display::LONGEST_NAME).map_err(CreateError::Field)?;
    let store = people.store();
    if !store.domains().is_there(&person.scope, new.domain).await? {
        return Err(no_domain(new.domain));
    }
    let token = DisplayToken::random(people.clock())?;
    let made = store
        .displays()
        .create(token.hash(), name, new.domain, people.now_ms(), person.user)
        .await;
    let record = match made {
        // Deleted since it was looked for.
        Err(error)
            if error.is_fault_of_data() && !store.domains().is_there(&Scope::All, new.domain).await? =>
        {
            return Err(no_domain(new.domain));
        }
        made => made?.ok_or(CreateError::TooMany)?,
    };
    tracing::info!(display = record.id, user = %person.user, "a display was let in");
    let made = DisplayMade {
        display: shown(record, Some(&person.name)),
        secret: token.text().to_owned(),
    };
    let unkept = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, unkept, axum::Json(made)))
}

fn no_domain(given: DomainId) -> CreateError {
    CreateError::Field(no_such("domain", given))
}
