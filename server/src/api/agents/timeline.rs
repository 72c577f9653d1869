//! `GET /api/v1/agents/{id}/timeline`: what an agent was in a period, part by part (rule 6).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_presence::availability::{Was, at_most, spans};
use rollcall_shared::console_api::{Timeline, TimelineSpan, TimelineState};
use rollcall_shared::{AgentId, Problem};

use super::past::{DAY_MS, Past, Period};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::{Path, Query};
use crate::auth::person::Person;

/// The longest period of one call: each change in it is read. A quarter of a year.
const LONGEST_MS: i64 = 92 * DAY_MS;

/// More parts than pixels tell nobody more.
const MOST: usize = 4_000;

/// Show an agent's timeline
///
/// Parts in which it was online, was not, or in which nobody can know, since the server was blind. Where there are more
/// than some thousands, brief ones are joined into parts in which it was changing. A period is a quarter of a year at most.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/timeline",
    operation_id = "show_timeline",
    tag = "agents",
    params(("id" = AgentId, Path, description = "The agent's id"), Period),
    responses(
        (status = 200, description = "Part by part", body = Timeline),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No agent of that id, or none that the person may see", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id or the period cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn timeline(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<AgentId>,
    Query(period): Query<Period>,
) -> Result<Json<Timeline>, Refusal> {
    let past = Past::read(&app, &person, id, period, LONGEST_MS).await?;
    let spans = spans(
        past.from_ms,
        past.to_ms,
        past.before,
        &past.changes,
        &past.blind(),
    );
    let told = at_most(MOST, spans).into_iter().map(|span| TimelineSpan {
        from_ms: span.from_ms,
        to_ms: span.to_ms,
        was: match span.was {
            Was::Online => TimelineState::Online,
            Was::Offline => TimelineState::Offline,
            Was::Unknown => TimelineState::Unknown,
            Was::Changing => TimelineState::Changing,
        },
    });
    Ok(Json(Timeline {
        from_ms: past.from_ms,
        to_ms: past.to_ms,
        spans: told.collect(),
    }))
}
