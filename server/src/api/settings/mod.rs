//! `/api/v1/settings`: the settings in force.

mod read;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(read::read))
}

#[cfg(test)]
mod tests;
