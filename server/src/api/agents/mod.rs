//! `/api/v1/agents`: who is here, and who is not.

mod availability;
mod list;
mod notifications;
mod read;
mod retire;
mod why;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list::list))
        .routes(routes!(read::read))
        .routes(routes!(retire::retire))
        .routes(routes!(why::why))
        .routes(routes!(availability::availability))
        .routes(routes!(notifications::notifications))
}

#[cfg(test)]
mod tests;
