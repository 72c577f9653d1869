//! `/api/v1/tokens`: the enrolment tokens that let machines in.

mod create;
mod list;
mod revoke;

use axum::extract::FromRef;
use rollcall_shared::console_api::Token;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::people::People;
use crate::store::tokens::TokenRecord;

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

/// As the API shows it, with the name of who made it: without its hash, which is nobody's business.
fn shown(record: &TokenRecord, author: Option<&str>) -> Token {
    Token {
        id: record.id,
        domain: record.domain,
        uses: record.uses,
        uses_left: record.uses_left,
        created_at_ms: record.created_at_ms,
        expires_at_ms: record.expires_at_ms,
        revoked: record.revoked,
        author: author.map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests;
