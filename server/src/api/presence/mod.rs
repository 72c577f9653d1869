//! `/api/v1/presence`: how the roll call as a whole went.

mod hour;
mod walk;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(hour::hour))
}

#[cfg(test)]
mod tests;
