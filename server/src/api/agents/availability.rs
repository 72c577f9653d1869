//! `GET /api/v1/agents/{id}/availability`: how a period divides into online, offline and unknown (rule 6).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_presence::availability::shares;
use rollcall_shared::console_api::Availability;
use rollcall_shared::{AgentId, Problem};

use super::past::{DAY_MS, Past, Period};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::{Path, Query};
use crate::auth::person::Person;

/// The longest period of one call.
const LONGEST_MS: i64 = 400 * DAY_MS;

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
    let past = Past::read(&app, &person, id, period, LONGEST_MS).await?;
    let shares = shares(
        past.from_ms,
        past.to_ms,
        past.before,
        &past.changes,
        &past.blind(),
    );
    Ok(Json(Availability {
        from_ms: past.from_ms,
        to_ms: past.to_ms,
        online_ms: shares.online_ms,
        offline_ms: shares.offline_ms,
        unknown_ms: shares.unknown_ms,
        blind: past.blind,
    }))
}
