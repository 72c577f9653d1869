//! `/api/v1/rollouts`: how far news has got with the fleet.

mod read;
mod waiting;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Refusal;
use super::app::App;
use crate::auth::person::{Action, Person};
use crate::scope::Scope;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(read::read))
        .routes(routes!(waiting::waiting))
}

/// Roll-outs are counted over the whole fleet, and so shown to those who may see it.
pub(super) fn may_see(person: &Person) -> Result<(), Refusal> {
    person.may(Action::Look)?;
    if person.scope == Scope::All {
        Ok(())
    } else {
        Err(Refusal::forbidden(
            "Roll-outs are of the whole fleet, and you see a part of it.",
        ))
    }
}

#[cfg(test)]
mod tests;
