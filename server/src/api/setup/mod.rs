//! `/api/v1/setup`: whether the first admin is still to be created, and creating them.

mod create;
mod read;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::people::People;

/// The verbs of this resource.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    People: FromRef<S>,
{
    OpenApiRouter::default().routes(routes!(create::create, read::read))
}
