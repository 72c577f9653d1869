//! `/api/v1/transitions`: what changed, and why.

mod list;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list::list))
}

#[cfg(test)]
mod tests;
