//! `GET /api/v1/agents/{id}/availability`: how a period divides into online, offline and unknown (rule 6).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_presence::availability::shares;
use rollcall_shared::console_api::Availability;
use rollcall_shared::problem::FieldError;
use rollcall_shared::{AgentId, Problem, Status};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::{Path, Query};
use crate::auth::person::{Action, Person};

/// The longest period of one call.
const LONGEST_MS: i64 = 400 * 86_400_000;

/// Which period.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// From when, in milliseconds since 1970.
    from_ms: i64,
    /// Until when; not later than now.
    to_ms: i64,
}

/// Show an agent's availability
///
/// Three numbers that add up to the period. Time in which the server could have heard nobody is unknown.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/availability",
    operation_id = "show_availability",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id"), Period),
    responses(
        (status = 200, description = "How the period divides", body = Availability),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id or the period cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn availability(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
    Query(period): Query<Period>,
) -> Result<Json<Availability>, Refusal> {
    person.may(Action::Look)?;
    let (_, agent) = app
        .roster
        .get(&person.scope, id)
        .ok_or_else(|| Refusal::not_found(format!("There is no agent {id} that you may see.")))?;
    let length = period.to_ms.checked_sub(period.from_ms);
    if !length.is_some_and(|length| (1..=LONGEST_MS).contains(&length)) {
        return Err(Refusal::invalid(vec![FieldError::new(
            "to_ms",
            "The period ends before it begins, or is too long.",
            format!("from_ms + 1 to from_ms + {LONGEST_MS}"),
            period.to_ms.to_string(),
        )]));
    }
    let to_ms = period.to_ms.min(app.clock.wall_ms());
    let history = app
        .store
        .transitions()
        .of_agent_between(id, period.from_ms, to_ms)
        .await?;
    let first_in = history.partition_point(|transition| transition.at_ms < period.from_ms);
    let (before, within) = history.split_at(first_in);
    let (from_ms, status) = match (before.last(), within.first()) {
        (Some(before), _) => (period.from_ms, before.to),
        // Not enrolled before: its history begins here.
        (None, Some(first)) => (first.at_ms, first.from.unwrap_or(first.to)),
        (None, None) => (to_ms.max(period.from_ms), agent.status),
    };
    // Before it was first heard it was no part of the roll call, so neither up nor down.
    let heard = within.partition_point(|transition| transition.to == Status::Pending);
    let (from_ms, status, within) = match within.get(heard) {
        Some(first) if status == Status::Pending => (first.at_ms, first.to, &within[heard..]),
        None if status == Status::Pending => (to_ms.max(from_ms), status, &within[heard..]),
        _ => (from_ms, status, within),
    };
    let to_ms = to_ms.max(from_ms);
    let blind = app.store.blind_spans().overlapping(from_ms, to_ms).await?;
    let changes: Vec<_> = within
        .iter()
        .map(|transition| (transition.at_ms, transition.to))
        .collect();
    let spans: Vec<_> = blind.iter().map(|span| (span.from_ms, span.to_ms)).collect();
    let shares = shares(from_ms, to_ms, status, &changes, &spans);
    Ok(Json(Availability {
        from_ms,
        to_ms,
        online_ms: shares.online_ms,
        offline_ms: shares.offline_ms,
        unknown_ms: shares.unknown_ms,
        blind,
    }))
}
