//! `POST /api/v1/verifications`: connects to agents now, and says what became of it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use futures_util::future::join_all;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{VerificationOutcome, Verified, Verify};
use rollcall_shared::dial::Purpose;
use rollcall_shared::problem::FieldError;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::person::{Action, Person};
use crate::net::Lane;

/// What is known after so long is answered, well before the request is given up (`api/time_out.rs`) and all of it
/// lost.
const ANSWERED_WITHIN: Duration = Duration::from_secs(12);

/// How long the answer may then wait for what changed to be written down.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// Verify agents
///
/// Connects to each agent, has it prove itself, and answers when all are done, after twelve seconds at the latest: who
/// was not reached by then has timed out. An agent that proved itself was heard; one that did not answer keeps its
/// status (rule 11).
#[utoipa::path(
    post,
    path = "/api/v1/verifications",
    operation_id = "verify_agents",
    tag = "agents",
    request_body(content = Verify, example = json!({ "agents": ["0k3v9q2m7x1bc"] })),
    responses(
        (status = 200, description = "What became of it, in the order of the request", body = Vec<Verified>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    person: Person,
    Json(verify): Json<Verify>,
) -> Result<Answer<Vec<Verified>>, Refusal> {
    person.may(Action::ManageAgents)?;
    if !(1..=Verify::MOST_AGENTS).contains(&verify.agents.len()) {
        return Err(Refusal::invalid(vec![FieldError::new(
            "agents",
            "Name the agents to connect to.",
            format!("1 to {} agents", Verify::MOST_AGENTS),
            format!("{} agents", verify.agents.len()),
        )]));
    }
    let verified = join_all(verify.agents.into_iter().map(|agent| {
        let (app, scope) = (&app, &person.scope);
        async move {
            let outcome = if app.roster.get(scope, agent).is_some() {
                let dialled = app.dialler.dial(agent, Purpose::Verify, Lane::Asked);
                in_time(dialled).await
            } else {
                Err(VerificationOutcome::NoSuchAgent)
            };
            outcome.unwrap_or_else(|outcome| Verified {
                agent,
                at_ms: app.clock.wall_ms(),
                outcome,
            })
        }
    }))
    .await;
    if verified
        .iter()
        .any(|one| one.outcome == VerificationOutcome::Verified)
    {
        // A proof may have brought an agent back: what is told here is not to be forgotten.
        kept(&app).await;
    }
    Ok(Answer(verified))
}

/// What is not there in time has timed out.
async fn in_time(dialled: impl Future<Output = Verified>) -> Result<Verified, VerificationOutcome> {
    tokio::time::timeout(ANSWERED_WITHIN, dialled)
        .await
        .map_err(|_| VerificationOutcome::TimedOut)
}

/// Waits until what was just changed outlives a killed server. Where the disk fails or is slow, it is answered all the
/// same, and health says so.
async fn kept(app: &App) {
    match tokio::time::timeout(KEPT_WITHIN, app.journal.kept()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "answered all the same"),
        Err(_) => tracing::debug!("answered before the change was written down"),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::AgentId;

    use super::*;
    use crate::api::time_out;

    #[tokio::test(start_paused = true)]
    async fn who_is_not_reached_in_time_has_timed_out_and_the_others_are_told_of() {
        let reached = Verified {
            agent: AgentId::from_bits(1),
            at_ms: 5,
            outcome: VerificationOutcome::ConnectionRefused,
        };
        let (there, never) = tokio::join!(
            in_time(std::future::ready(reached)),
            in_time(std::future::pending())
        );
        assert_eq!(there, Ok(reached));
        assert_eq!(never, Err(VerificationOutcome::TimedOut));
    }

    #[test]
    fn the_answer_comes_before_the_request_is_given_up() {
        assert!(ANSWERED_WITHIN + KEPT_WITHIN < time_out::DEFAULT);
    }
}
