//! `GET /api/v1/rollouts/{subject}`: how far one has got.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{NotificationState, Rollout, Subject};

use super::may_see;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::parameters::Path;
use crate::auth::person::Person;
use crate::store::notifications::Standing;

/// Show a roll-out
///
/// Of what is under way (the newest settings, the current components) as it is this moment; of what was superseded as
/// it ended.
#[utoipa::path(
    get,
    path = "/api/v1/rollouts/{subject}",
    operation_id = "show_rollout",
    tag = "roll-outs",
    params(("subject" = String, Path, description = "`settings.41` or `component.antivirus.2.1.0`")),
    responses(
        (status = 200, description = "How far it has got", body = Rollout),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person sees only a part of the fleet", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody was ever to be told of it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The subject is none", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    person: Person,
    Path(subject): Path<Subject>,
) -> Result<Json<Rollout>, Refusal> {
    may_see(&person)?;
    if let Some(rollout) = app.outbox.rollout(&subject) {
        return Ok(Json(rollout));
    }
    let standing = app.store.notifications().standing(&subject).await?;
    match of_the_past(&subject, &standing) {
        Some(rollout) => Ok(Json(rollout)),
        None => Err(Refusal::not_found(format!(
            "Nobody was ever to be told of {subject}."
        ))),
    }
}

fn of_the_past(subject: &Subject, standing: &Standing) -> Option<Rollout> {
    let count = |wanted| {
        let found = standing.counts.iter().find(|(state, _)| *state == wanted);
        found.map_or(0, |(_, agents)| *agents)
    };
    Some(Rollout {
        subject: subject.clone(),
        queued_at_ms: standing.queued_at_ms?,
        concerned: standing.counts.iter().map(|(_, agents)| agents).sum(),
        queued: count(NotificationState::Queued),
        delivered: count(NotificationState::Delivered),
        applied: count(NotificationState::Applied),
        failed: count(NotificationState::Failed),
        superseded: count(NotificationState::Superseded),
        // To the second: no finer is kept together.
        median_ms: standing.median_s().map(|seconds| seconds.saturating_mul(1_000)),
        longest_ms: standing
            .delays
            .last()
            .map(|(seconds, _)| seconds.saturating_mul(1_000)),
    })
}
