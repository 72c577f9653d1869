//! `/api/v1/verifications`: connecting to agents now.

mod create;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(create::create))
}

#[cfg(test)]
mod tests;
