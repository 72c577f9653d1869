//! `POST /api/agent/v1/register`: a boot announces itself and learns how to live.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_presence::Event;
use rollcall_shared::agent_api::{Register, Registered};
use rollcall_shared::problem::FieldError;
use rollcall_shared::{ContactKind, Problem, Reachability};

use super::caller::Caller;
use super::machine::Labels;
use super::{NotCounted, check_fence};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::peer::Peer;
use crate::roster::Registration;
use crate::store::journal::Entry;

/// Register a boot
///
/// Makes the boot the current one and renews the lease. From then on a higher sequence is all that a contact
/// needs.
#[utoipa::path(
    post,
    path = "/api/agent/v1/register",
    tag = "agents' calls",
    security(("agent" = [])),
    request_body(content = Register, example = json!({
        "boot": "9f3a01c2", "sequence": 1, "applied": 0, "reason": "start",
        "machine_id": "4c4c454400384d108052b4c04f4e3132", "host_name": "sp-atm-0031",
        "platform": "Debian GNU/Linux 12 (bookworm)", "agent_version": "0.1.0", "local_address": "10.12.0.20"
    })),
    responses(
        (status = 200, description = "Registered", body = Registered),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The sequence is not higher than the last one", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register(
    State(app): State<Arc<App>>,
    caller: Caller,
    peer: Peer,
    Json(register): Json<Register>,
) -> Result<Answer<Registered>, Refusal> {
    checked(&register).map_err(Refusal::invalid)?;
    check_fence(register.fence)?;
    let fence = register.fence;
    let event = Event::Register {
        boot: fence.boot,
        sequence: fence.sequence,
        reason: register.reason,
    };
    let outcome = app
        .engine
        .handle(caller.place, event)
        .await
        .map_err(NotCounted::Engine)?;
    NotCounted::check(outcome)?;
    let next_in_ms = app.next_in_ms(caller.agent, fence.sequence);
    write_down(&app, caller, peer, register);
    Ok(Answer(Registered {
        settings: app.settings.current.settings.clone(),
        settings_version: app.settings.current.version,
        minute_ms: app.settings.current.minute_ms,
        observed_address: peer.address,
        // The unreachable network is empty as long as the settings are fixed.
        reachability: Reachability::Reachable,
        next_in_ms,
        epoch: app.epoch(),
    }))
}

fn checked(register: &Register) -> Result<(), Vec<FieldError>> {
    let mut labels = Labels::default()
        .host_name(&register.host_name)
        .platform(&register.platform)
        .machine_id(&register.machine_id)
        .agent_version(&register.agent_version);
    if register.addresses.len() > Register::MOST_ADDRESSES {
        labels = labels.refuse(FieldError::new(
            "addresses",
            "There are too many.",
            format!("at most {} addresses", Register::MOST_ADDRESSES),
            format!("{} addresses", register.addresses.len()),
        ));
    }
    labels.checked()
}

/// Into the roster at once, and behind into the database.
fn write_down(app: &App, caller: Caller, peer: Peer, register: Register) {
    let name = register.host_name.trim().to_owned();
    let registration = Registration {
        name,
        platform: register.platform,
        agent_version: register.agent_version,
        address: peer.address,
        applied: register.fence.applied,
        boot: register.fence.boot,
    };
    app.roster.register(caller.agent, &registration);
    app.note_applied(caller.agent, registration.applied);
    let heard = app.engine.last_contact(caller.place);
    app.journal.push(Entry::Registered {
        agent: caller.agent,
        boot: registration.boot,
        name: registration.name,
        platform: registration.platform,
        machine_id: register.machine_id,
        agent_version: registration.agent_version,
        address: Some(peer.address),
        applied: registration.applied,
        last_contact: heard.unwrap_or((app.clock.wall_ms(), ContactKind::Register)),
    });
}

#[cfg(test)]
mod tests;
