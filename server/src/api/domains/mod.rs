//! `/api/v1/domains`: the agent tree.

mod change;
mod create;
mod delete;
mod list;
mod refused;

use std::sync::Arc;

use rollcall_shared::{DomainId, FieldError};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

pub(in crate::api) use refused::{TreeRefused, checked_name, no_such, settled, uninterrupted};

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list::list, create::create))
        .routes(routes!(change::change, delete::delete))
}

/// The parameter of the path, by its name, so that a refusal can name it.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Which {
    id: i32,
}

impl Which {
    fn domain(self) -> Result<DomainId, TreeRefused> {
        DomainId::try_from(self.id).map_err(|error| {
            let (allowed, given) = ("the number of a domain", self.id.to_string());
            TreeRefused::Fields(vec![FieldError::new("id", error.to_string(), allowed, given)])
        })
    }
}

#[cfg(test)]
mod tests;
