//! `/api/v1/displays`: the screens on walls that are let in.

mod create;
mod list;
mod revoke;

use axum::extract::FromRef;
use rollcall_shared::console_api::Display;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::people::People;
use crate::store::displays::DisplayRecord;

/// The verbs of this resource.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    People: FromRef<S>,
{
    OpenApiRouter::default()
        .routes(routes!(create::create, list::list))
        .routes(routes!(revoke::revoke))
}

/// As the API shows it, with the name of who let it in: without its hash, which is nobody's business.
fn shown(record: DisplayRecord, author: Option<&str>) -> Display {
    Display {
        id: record.id,
        name: record.name,
        domain: record.domain,
        created_at_ms: record.created_at_ms,
        last_seen_ms: record.last_seen_ms,
        author: author.map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests;
