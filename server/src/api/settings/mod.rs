//! `/api/v1/settings`: the settings in force.

mod history;
mod past;
mod read;
mod save;

use std::sync::Arc;

use http::HeaderValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(read::read, save::save))
        .routes(routes!(history::history))
        .routes(routes!(past::past))
}

/// A version as an entity tag.
fn tag_of(version: u32) -> HeaderValue {
    // Digits and quotes are always a header's value.
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests;
