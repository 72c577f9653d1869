//! Everything that the backend answers, on one page.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tower::ServiceBuilder;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::app::App;
use super::origin;
use super::security::{self, Headers};
use super::{agent, agents, assets, feed, panic, session, settings, setup, time_out, tokens, transitions};
use crate::config::Config;

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
pub fn router(app: Arc<App>, config: &Config) -> Router {
    let (router, _document) = resources();
    let headers = Headers::new(assets::index(), config.encrypts());
    // The first is the outermost.
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(headers, security::headers))
        .layer(panic::layer())
        .layer(from_fn_with_state(app.origins.clone(), origin::guard))
        .layer(from_fn_with_state(time_out::DEFAULT, time_out::within));
    assets::fall_back(router).layer(around).with_state(app)
}
