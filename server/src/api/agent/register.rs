//! `POST /api/agent/v1/register`: a boot announces itself and learns how to live.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use rollcall_presence::{Addresses, Event};
use rollcall_shared::agent_api::{Register, Registered};
use rollcall_shared::console_api::{Subject, Way};
use rollcall_shared::problem::FieldError;
use rollcall_shared::{ContactKind, Problem, Reachability};

use super::caller::Caller;
use super::machine::Labels;
use super::{NotCounted, check_fence, come_later, kept};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::peer::Peer;
use crate::roster::{Listens, Registration};
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
        (status = 503, description = "Heard, and to be registered again at the time of `Retry-After`: too many come at once", body = Problem, content_type = "application/problem+json"),
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
    let addresses = Addresses {
        own: register.local_address.map(|address| address.to_canonical()),
        observed: Some(peer.address),
    };
    let event = Event::Register {
        fence,
        reason: register.reason,
        addresses,
    };
    let taken = app.arrivals.take();
    let handled = app
        .engine
        .handle(caller.place, event)
        .await
        .map_err(NotCounted::Engine)?;
    NotCounted::check(handled.outcome)?;
    let Some(taken) = taken else {
        // It is here, and its boot is the current one; what it is to be told costs more, and has time.
        return Err(come_later(&app));
    };
    let _changed = app.agents.note_observed(caller.agent, peer.address);
    let reachability = handled
        .verdict
        .map_or(Reachability::Reachable, |verdict| verdict.reachability);
    write_down(&app, caller, peer, register);
    kept(&app).await;
    let current = app.settings.current();
    app.outbox
        .delivered(caller.agent, &Subject::Settings(current.version), Way::Register);
    let (next_in_ms, next_poll_in_ms) = app.duties(caller.agent, reachability);
    taken.done();
    Ok(Answer(Registered {
        settings: current.settings.for_agents(),
        settings_version: current.version,
        minute_ms: current.minute_ms,
        observed_address: peer.address,
        reachability,
        next_in_ms,
        next_poll_in_ms,
        epoch: app.epoch(),
        loopback_port: app.loopback.port_for(peer.address, peer.reached),
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
    if register.notify_port == Some(0) {
        labels = labels.refuse(FieldError::new(
            "notify_port",
            "Nothing listens on port 0.",
            "1 to 65535, or nothing",
            "0",
        ));
    }
    labels.checked()
}

/// The machine's addresses besides the one that counts, each once.
fn others(addresses: &[IpAddr], own: Option<IpAddr>) -> Vec<IpAddr> {
    let mut others: Vec<_> = addresses.iter().map(IpAddr::to_canonical).collect();
    others.retain(|address| Some(*address) != own);
    others.sort_unstable();
    others.dedup();
    others
}

/// How far a machine's clock is ahead of the server's.
fn ahead_ms(its_ms: u64, ours_ms: i64) -> i64 {
    i64::try_from(its_ms).unwrap_or(i64::MAX).saturating_sub(ours_ms)
}

/// Into the roster at once, and behind into the database.
fn write_down(app: &App, caller: Caller, peer: Peer, register: Register) {
    let name = register.host_name.trim().to_owned();
    let own_address = register.local_address.map(|address| address.to_canonical());
    let registration = Registration {
        name,
        platform: register.platform,
        agent_version: register.agent_version,
        address: peer.address,
        boot: register.fence.boot,
        listens: Listens {
            own_address,
            port: register.notify_port,
            clock_ahead_ms: register
                .clock_ms
                .map(|clock_ms| ahead_ms(clock_ms, app.clock.wall_ms())),
        },
        addresses: others(&register.addresses, own_address),
    };
    app.roster.register(caller.agent, &registration);
    let proof_key = app.agents.proof_key_to_keep(caller.agent);
    // Without randomness it is not kept, and the server cannot connect to the agent after a restart, until it
    // registers again.
    let proof_key = proof_key.and_then(|key| app.master_key.seal(caller.agent, &key, &app.clock).ok());
    let heard = app.engine.last_contact(caller.place);
    app.journal.push(Entry::Registered {
        agent: caller.agent,
        boot: registration.boot,
        name: registration.name,
        platform: registration.platform,
        machine_id: register.machine_id,
        agent_version: registration.agent_version,
        address: Some(peer.address),
        applied: register.fence.applied,
        local_address: registration.listens.own_address,
        addresses: registration.addresses,
        notify_port: registration.listens.port,
        proof_key,
        last_contact: heard.unwrap_or((app.clock.wall_ms(), ContactKind::Register)),
    });
}

#[cfg(test)]
mod tests;
