//! The agent that calls: who takes a [`Caller`] is closed to everybody else.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{StatusCode, header, request};
use rollcall_presence::Place;
use rollcall_shared::AgentId;
use rollcall_shared::problem::kind;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::agents::Refused;

/// An agent that showed its credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// Who.
    pub(super) agent: AgentId,
    /// Where the engine keeps it.
    pub(super) place: Place,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let (agent, secret) = presented(parts).ok_or_else(|| {
            Refusal::unauthenticated(
                "This call takes `Authorization: Bearer <agent id>.<secret>` of an enrolled agent.",
            )
        })?;
        let place = app.agents.check(agent, secret).map_err(|refused| match refused {
            Refused::Unknown => Refusal::unauthenticated("There is no agent by this id and secret."),
            Refused::Retired => Refusal::new(StatusCode::UNAUTHORIZED, kind::RETIRED, "Retired")
                .detail("This agent was retired."),
        })?;
        Ok(Self { agent, place })
    }
}

/// The id and the secret in the header.
fn presented(parts: &request::Parts) -> Option<(AgentId, &str)> {
    let (scheme, credential) = parts
        .headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let (agent, secret) = credential.trim().split_once('.')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(())?;
    Some((agent.parse().ok()?, secret))
}
