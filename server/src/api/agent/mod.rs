//! `/api/agent/v1/`: what agents call.

mod acknowledge;
mod caller;
mod components;
mod enroll;
mod goodbye;
mod heartbeat;
mod machine;
mod poll;
mod register;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use http::StatusCode;
use rollcall_presence::Outcome;
use rollcall_shared::ContactKind;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::problem::{FieldError, kind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Refusal;
use super::app::App;
use super::peer::Peer;
use crate::engine::EngineError;
use caller::Caller;
pub use components::Downloads;

/// The calls.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(enroll::enroll))
        .routes(routes!(register::register))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(poll::poll))
        .routes(routes!(goodbye::goodbye))
        .routes(routes!(components::download::download))
        .routes(routes!(acknowledge::acknowledge))
}

/// Why a contact did not count (rule 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum NotCounted {
    /// The boot is not the current one.
    #[error("this boot is not the current one; register to go on")]
    RegisterFirst,
    /// The sequence is not higher than the last one.
    #[error("this sequence was used before; go on with a higher one")]
    Stale,
    /// The agent was retired.
    #[error("this agent was retired")]
    Retired,
    /// The engine cannot take it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl NotCounted {
    /// What the engine's outcome means for the caller.
    fn check(outcome: Outcome) -> Result<(), Self> {
        match outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Stale => Err(Self::Stale),
            Outcome::RegisterFirst => Err(Self::RegisterFirst),
            Outcome::Gone => Err(Self::Retired),
        }
    }
}

impl From<NotCounted> for Refusal {
    fn from(error: NotCounted) -> Self {
        match error {
            NotCounted::RegisterFirst => {
                Self::new(StatusCode::CONFLICT, kind::REGISTER_FIRST, "Register first")
                    .detail(error.to_string())
            }
            NotCounted::Stale => Self::new(StatusCode::CONFLICT, kind::STALE_SEQUENCE, "Stale sequence")
                .detail(error.to_string()),
            NotCounted::Retired => {
                Self::new(StatusCode::UNAUTHORIZED, kind::RETIRED, "Retired").detail(error.to_string())
            }
            NotCounted::Engine(error) => Self::unavailable(&error),
        }
    }
}

/// Takes a contact: renews the lease, and where that changed anything that people see, waits until it is kept.
async fn hear(
    app: &App,
    caller: Caller,
    peer: &Peer,
    fence: Fence,
    kind: ContactKind,
) -> Result<(), NotCounted> {
    let elsewhere = app.agents.is_elsewhere(caller.agent, peer.address);
    let moved_to = elsewhere.then_some(peer.address);
    let heard = app.engine.hear(caller.place, fence, kind, moved_to).await?;
    NotCounted::check(heard.outcome)?;
    if elsewhere {
        app.moved(caller.agent, peer.address);
    }
    if heard.by_owner {
        kept(app).await;
    }
    Ok(())
}

/// Waits until what was just changed outlives a killed server, so that nothing that an agent was told is forgotten.
/// Where the disk fails, presence goes on all the same, and health says so.
async fn kept(app: &App) {
    if let Err(error) = app.journal.kept().await {
        tracing::debug!(%error, "answered all the same");
    }
}

/// Sends somebody away who was heard, with a slot to come back at.
fn come_later(app: &App) -> Refusal {
    let slot = app.arrivals.send_away(app.settings.minute(), app.clock.dice());
    Refusal::come_later(u32::try_from(slot.as_secs()).unwrap_or(u32::MAX))
}

/// Refuses the one sequence that no call may have.
fn check_fence(fence: Fence) -> Result<(), Refusal> {
    if fence.sequence == 0 {
        let error = FieldError::new(
            "sequence",
            "The first call of a boot has sequence 1.",
            "1 to 4294967295",
            "0",
        );
        return Err(Refusal::invalid(vec![error]));
    }
    Ok(())
}
