//! Everything that the backend answers, on one page.

use std::sync::Arc;

use axum::Router;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::app::App;
use super::health::Readiness;
use super::metrics::Metrics;
use super::stack::Stack;
use super::trace::Observer;
use super::{
    agent, agents, common_answers, components, displays, domains, feed, openapi_serve, presence, rollouts,
    session, settings, setup, status, tokens, transitions, verifications,
};
use crate::config::Config;

/// What the document says of the whole.
#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Rollcall",
    description = "Which agents are here, which are not, and how we know. Every error is a problem (RFC 9457)."
))]
struct Described;

/// What agents call.
fn agents_calls() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Described::openapi()).merge(agent::routes())
}

/// What people and their programs call.
fn peoples_calls() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(setup::routes())
        .merge(session::routes())
        .merge(agents::routes())
        .merge(domains::routes())
        .merge(transitions::routes())
        .merge(tokens::routes())
        .merge(displays::routes())
        .merge(settings::routes())
        .merge(verifications::routes())
        .merge(rollouts::routes())
        .merge(status::routes())
        .merge(presence::routes())
        .merge(components::routes())
        .merge(feed::routes())
}

/// What people call with a body that takes its time.
fn slow_calls() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().merge(components::slow_routes())
}

/// The whole backend as a service.
///
/// # Errors
/// Where the description of the API cannot be written.
pub fn router(
    app: Arc<App>,
    config: &Config,
    observer: Observer,
    metrics: Metrics,
) -> Result<Router, serde_json::Error> {
    let stack = Stack::new(config, observer);
    let (agents, mut description) = agents_calls().split_for_parts();
    let (people, of_people) = peoples_calls().split_for_parts();
    let (slow, of_slow) = slow_calls().split_for_parts();
    description.merge(of_people);
    description.merge(of_slow);
    describe_credentials(&mut description);
    common_answers::describe(&mut description);
    let people = people
        .merge(openapi_serve::route(&description)?)
        .merge(stack.operations(readiness(&app), metrics));
    Ok(stack.around(agents, people, slow).with_state(app))
}

fn readiness(app: &Arc<App>) -> Readiness {
    let (database, journal, engine) = (app.database.clone(), app.journal.clone(), app.engine.clone());
    Readiness::new(vec![
        ("database", Box::new(move || database.judge())),
        ("disk", Box::new(move || journal.judge())),
        ("presence", Box::new(move || status::presence(&engine))),
    ])
}

/// Names the two kinds of credential that operations refer to.
fn describe_credentials(description: &mut OpenApi) {
    let components = description.components.get_or_insert_with(Components::new);
    let mut bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    bearer.description = Some("An agent's id, a dot, and its secret from enrolment".to_owned());
    components.add_security_scheme("agent", SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::new("rollcall_session"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
}

#[cfg(test)]
mod tests;
