//! `POST /api/agent/v1/notifications/{subject}/ack`: an agent says what became of a notification.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::agent_api::{Ack, AckOutcome};
use rollcall_shared::console_api::Subject;
use rollcall_shared::problem::FieldError;
use rollcall_shared::{ContactKind, Problem};

use super::caller::Caller;
use super::{check_fence, hear};
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::api::parameters::Path;
use crate::api::peer::Peer;

/// Acknowledge a notification
///
/// Renews the lease. One that is not under way any more is noted by nobody and answered all the same.
#[utoipa::path(
    post,
    path = "/api/agent/v1/notifications/{subject}/ack",
    tag = "agents' calls",
    security(("agent" = [])),
    params(("subject" = String, Path, description = "`settings.41` or `component.antivirus.2.1.0`")),
    request_body(content = Ack, example = json!({
        "boot": "9f3a01c2", "sequence": 19, "applied": 41, "outcome": "failed", "detail": "the hook ended with status 3"
    })),
    responses(
        (status = 204, description = "Noted"),
        (status = 401, description = "No agent by this credential, or one that was retired", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another boot is the current one, or the sequence is not higher than the last", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The subject or a field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn acknowledge(
    State(app): State<Arc<App>>,
    caller: Caller,
    peer: Peer,
    Path(subject): Path<Subject>,
    Json(ack): Json<Ack>,
) -> Result<StatusCode, Refusal> {
    check_fence(ack.fence)?;
    let detail = checked(ack.detail).map_err(|refused| Refusal::invalid(vec![refused]))?;
    hear(&app, caller, &peer, ack.fence, ContactKind::Poll).await?;
    match ack.outcome {
        AckOutcome::Applied => app.outbox.applied(caller.agent, &subject),
        AckOutcome::Failed => app.outbox.failed(caller.agent, &subject, detail),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What the agent says, in one line that people can be shown.
fn checked(detail: Option<String>) -> Result<String, FieldError> {
    let detail = detail.unwrap_or_default();
    let characters = detail.chars().count();
    if characters > Ack::LONGEST_DETAIL || detail.chars().any(char::is_control) {
        return Err(FieldError::new(
            "detail",
            "It cannot be shown.",
            format!("at most {} characters in one line", Ack::LONGEST_DETAIL),
            format!("{characters} characters"),
        ));
    }
    Ok(if detail.trim().is_empty() {
        "The agent gives no reason.".to_owned()
    } else {
        detail
    })
}
