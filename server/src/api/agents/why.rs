//! `GET /api/v1/agents/{id}/why`: what an agent's status rests on (rule 13).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use rollcall_presence::{EngineTime, Grounds};
use rollcall_shared::console_api::Agent;
use rollcall_shared::why::{self, Deadline, LeaseInForce, Loopback, Mapping, Match, Membership, Proof, Why};
use rollcall_shared::{AgentId, ContactKind, Presence, Problem, Status};

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::{Action, Person};

/// How late a contact that was dictated may be besides a tenth of its interval (rule 7).
const LATE_BY: Duration = Duration::from_secs(5);

/// Explain an agent's status
///
/// The last proof on each path, the rule that applies, the deadline, and what would change it.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/why",
    operation_id = "explain_agent",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "What its status rests on", body = Why),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn why(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
) -> Result<Json<Why>, Refusal> {
    person.may(Action::Look)?;
    let unknown = || Refusal::not_found(format!("There is no agent {id} that you may see."));
    let (place, _) = app.roster.get(&person.scope, id).ok_or_else(unknown)?;
    let grounds = app
        .engine
        .grounds(place)
        .await
        .map_err(|error| Refusal::unavailable(&error))?
        .ok_or_else(unknown)?;
    // Asked after the grounds, so that it is not older than they are.
    let (_, agent) = app.roster.get(&person.scope, id).ok_or_else(unknown)?;
    Ok(Json(explained(&app, &agent, &grounds)))
}

fn explained(app: &App, agent: &Agent, grounds: &Grounds) -> Why {
    let now_ms = app.clock.wall_ms();
    let minute = app.settings.minute();
    let lease = grounds.verdict.lease;
    let in_roll_call = !matches!(
        grounds.status,
        Status::Pending | Status::Inactive | Status::Retired
    );
    let lease = in_roll_call.then(|| LeaseInForce {
        kind: lease.kind,
        lasts_s: u32::try_from(lease.lasts(minute).as_secs()).unwrap_or(u32::MAX),
        version: lease.version,
        applied: grounds.applied,
        newest: grounds.newest,
    });
    let deadline = grounds.deadline.map(|(at, set_by)| Deadline {
        at_ms: app.engine.wall_ms(at),
        set_by,
    });
    let network = Membership {
        reachability: grounds.verdict.reachability,
        delivery: grounds.verdict.delivery,
        matched: grounds.matched.map(|(address, range)| Match { address, range }),
        own_address: grounds.addresses.own,
        observed_address: grounds.addresses.observed,
    };
    Why {
        agent: agent.id,
        now_ms,
        status: grounds.status,
        since_ms: agent.since_ms,
        cause: agent.cause,
        proofs: proofs(app, grounds),
        rule: why::rule(grounds.status, agent.cause, lease.as_ref()),
        would_change: why::would_change(grounds.status, deadline.as_ref(), &network),
        lease,
        deadline,
        network,
        verification: app.dialler.last(agent.id),
        loopback: loopback(app, agent.id, grounds),
        clock_ahead_ms: app
            .roster
            .reach(agent.id)
            .and_then(|reach| reach.listens.clock_ahead_ms),
    }
}

/// What is known by its loopback packets.
fn loopback(app: &App, agent: AgentId, grounds: &Grounds) -> Option<Loopback> {
    let current = app.settings.current();
    let duties = current.settings.duties(grounds.verdict.reachability);
    let every = duties
        .loopback_every
        .map(|every| every.lasting(app.settings.minute()));
    let mapping = app.loopback.mapping(agent);
    if every.is_none() && mapping.is_none() {
        return None;
    }
    let last = grounds
        .paths
        .iter()
        .find(|(kind, _)| *kind == ContactKind::Loopback);
    let is_late = |(_, at): &(ContactKind, EngineTime)| {
        // What the agent is given to be late in (rule 7).
        every.is_some_and(|every| app.engine.now() > *at + every * 11 / 10 + LATE_BY)
    };
    Some(Loopback {
        mapping: mapping.map(|mapping| Mapping {
            address: mapping.from.ip(),
            port: mapping.from.port(),
            since_ms: mapping.since_ms,
        }),
        every_ms: every.map(|every| u64::try_from(every.as_millis()).unwrap_or(u64::MAX)),
        is_overdue: grounds.status.presence() == Some(Presence::Online) && last.is_some_and(is_late),
    })
}

/// Newest first. The last of all is known exactly, the others to the second.
fn proofs(app: &App, grounds: &Grounds) -> Vec<Proof> {
    let mut paths: Vec<(EngineTime, _)> = grounds.paths.iter().map(|(kind, at)| (*at, *kind)).collect();
    for (at, kind) in &mut paths {
        if grounds.heard.kind == Some(*kind) {
            *at = grounds.heard.at;
        }
    }
    paths.sort_by_key(|(at, _)| core::cmp::Reverse(*at));
    paths
        .into_iter()
        .map(|(at, path)| Proof {
            path,
            at_ms: app.engine.wall_ms(at),
        })
        .collect()
}
