//! `/api/v1/agents`: who is here, and who is not.

mod availability;
mod list;
mod notifications;
mod past;
mod read;
mod relocate;
mod retire;
mod retire_many;
mod retirement;
mod selection;
mod timeline;
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
        .routes(routes!(relocate::relocate))
        .routes(routes!(retire_many::retire_many))
        .routes(routes!(why::why))
        .routes(routes!(availability::availability))
        .routes(routes!(timeline::timeline))
        .routes(routes!(notifications::notifications))
}

#[cfg(test)]
pub(in crate::api) use relocate::move_all as move_for_tests;

/// What became of each.
#[cfg(test)]
pub(in crate::api) async fn retire_for_tests(
    app: &App,
    person: &crate::auth::person::Person,
    agents: &[rollcall_shared::AgentId],
) -> Vec<rollcall_shared::console_api::RetireOutcome> {
    let retired = retirement::retire_all(app, person, agents).await.unwrap();
    retired.into_iter().map(|one| one.outcome).collect()
}

#[cfg(test)]
mod tests;
