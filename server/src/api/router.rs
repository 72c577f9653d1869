//! Everything that the backend answers, on one page.

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::app::App;
use super::{agent, agents, feed, session, settings, setup, tokens, transitions};

/// The resources, and the document that describes them.
fn resources() -> (Router<Arc<App>>, OpenApi) {
    OpenApiRouter::new()
        // Agents.
        .merge(agent::routes())
        // People.
        .merge(setup::routes())
        .merge(session::routes())
        .merge(agents::routes())
        .merge(transitions::routes())
        .merge(tokens::routes())
        .merge(settings::routes())
        .merge(feed::routes())
        .split_for_parts()
}

/// The whole backend as a service.
pub fn router(app: Arc<App>) -> Router {
    let (router, _document) = resources();
    router.with_state(app)
}
