//! `POST /api/agent/v1/poll`: what is new?

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_shared::agent_api::{Installed, NewSettings, Offer, Poll, PollAnswer};
use rollcall_shared::console_api::{Subject, Way};
use rollcall_shared::{AgentId, ContactKind, FieldError, Problem, Reachability};

use super::caller::Caller;
use super::{NotCounted, check_fence, come_later, hear};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::peer::Peer;

/// The most bytes of a poll: it has some fifty, and a newer agent may add to it.
const LIMIT: usize = 64 * 1024;

/// Why an agent is offered no components.
const OF_AN_OLDER_RELEASE: &str = "The agent is of a release that knows no components.";

/// Poll
///
/// Renews the lease, gives the settings where the agent reports another version than the newest as applied, and offers
/// the current components that it does not have. Independent of heartbeats.
#[utoipa::path(
    post,
    path = "/api/agent/v1/poll",
    tag = "agents' calls",
    security(("agent" = [])),
    request_body(content = Poll, example = json!({ "boot": "9f3a01c2", "sequence": 18, "applied": 41 })),
    responses(
        (status = 200, description = "What is new", body = PollAnswer),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another boot is the current one, or the sequence is not higher than the last", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Heard, and to be asked again at the time of `Retry-After`: too many come at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn poll(
    State(app): State<Arc<App>>,
    caller: Caller,
    peer: Peer,
    Json(Poll { fence, components }): Json<Poll, LIMIT>,
) -> Result<Answer<PollAnswer>, Refusal> {
    check_fence(fence)?;
    check_components(components.as_deref())?;
    let taken = app.arrivals.take();
    hear(&app, caller, &peer, fence, ContactKind::Poll).await?;
    let Some(taken) = taken else {
        return Err(come_later(&app));
    };
    let verdict = app
        .engine
        .verdict(caller.place)
        .await
        .map_err(NotCounted::Engine)?;
    let reachability = verdict.map_or(Reachability::Reachable, |verdict| verdict.reachability);
    let current = app.settings.current();
    let settings = (fence.applied != current.version).then(|| NewSettings {
        settings: current.settings.for_agents(),
        version: current.version,
        minute_ms: current.minute_ms,
    });
    if let Some(new) = &settings {
        app.outbox
            .delivered(caller.agent, &Subject::Settings(new.version), Way::Poll);
    }
    let offers = app.components.offers(components.as_deref());
    note_components(&app, caller.agent, components.as_deref(), &offers);
    let (next_in_ms, next_poll_in_ms) = app.duties(caller.agent, reachability);
    taken.done();
    Ok(Answer(PollAnswer {
        settings,
        components: offers,
        observed_address: peer.address,
        reachability,
        next_in_ms,
        next_poll_in_ms,
        epoch: app.epoch(),
    }))
}

/// Tells the outbox what the agent was offered, and what it turns out to have.
fn note_components(app: &App, agent: AgentId, installed: Option<&[Installed]>, offers: &[Offer]) {
    for offer in offers {
        let subject = Subject::Component(offer.name.clone(), offer.version.clone());
        app.outbox.delivered(agent, &subject, Way::Poll);
    }
    // What it has was acknowledged, unless that was lost or the version had been there before.
    for current in app.components.current().iter() {
        let subject = Subject::Component(current.name.clone(), current.version.clone());
        match installed {
            // It would be asked to poll for ever for what it cannot be offered.
            None if app.untold.has(agent) => {
                app.outbox.failed(agent, &subject, OF_AN_OLDER_RELEASE.to_owned());
            }
            None => {}
            Some(installed) => {
                let is_installed =
                    |one: &Installed| one.name == current.name && one.version == current.version;
                if installed.iter().any(is_installed) {
                    app.outbox.applied(agent, &subject);
                }
            }
        }
    }
}

/// Refuses more components than are looked at.
fn check_components(components: Option<&[Installed]>) -> Result<(), Refusal> {
    let count = components.map_or(0, <[Installed]>::len);
    if count > Poll::MOST_COMPONENTS {
        let error = FieldError::new(
            "components",
            "That is more than an agent has.",
            format!("at most {}", Poll::MOST_COMPONENTS),
            format!("{count} components"),
        );
        return Err(Refusal::invalid(vec![error]));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
