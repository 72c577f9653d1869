//! `/api/v1/status`: how the server itself stands.

mod read;

use std::sync::Arc;
use std::time::Duration;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use crate::engine::Engine;

/// A driver that has not ticked for so long is not at work: it ticks ten times a second.
const ENGINE_SILENT: Duration = Duration::from_secs(3);

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(read::read))
}

/// Whether the engine ticks.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn presence(engine: &Engine) -> Result<(), String> {
    let silent = engine.silent_for();
    if silent < ENGINE_SILENT {
        Ok(())
    } else {
        Err(format!("The engine has not ticked for {} s.", silent.as_secs()))
    }
}

#[cfg(test)]
mod tests;
