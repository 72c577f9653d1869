//! `POST /api/agent/v1/enroll`: makes a machine an agent.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use rollcall_shared::agent_api::{Enroll, Enrolled};
use rollcall_shared::problem::FieldError;
use rollcall_shared::{AgentId, Cause, DomainId, Problem, Status, TransitionId};

use super::machine::Labels;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::agents::Known;
use crate::auth::proof_key::ProofKey;
use crate::auth::secret::hash_of;
use crate::clock::NoRandomness;
use crate::engine::EngineError;
use crate::scope::Scope;
use crate::store::StoreError;
use crate::store::agents::AgentRecord;
use crate::store::enrolment::{EnrollOutcome, NewAgent};
use crate::store::transitions::TransitionRecord;

/// Why no agent was made.
#[derive(Debug, thiserror::Error)]
enum EnrollError {
    /// Fields that cannot be used.
    #[error("fields that cannot be used")]
    Fields(Vec<FieldError>),
    /// Nobody made this token.
    #[error("unknown token")]
    TokenUnknown,
    /// The token opens nothing any more.
    #[error("the token {0}")]
    TokenSpent(&'static str),
    /// The agent that this key enrolled was retired since.
    #[error("retired")]
    Retired,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No id could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The engine cannot take it up.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<EnrollError> for Refusal {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Fields(errors) => Self::invalid(errors),
            EnrollError::TokenUnknown => Self::unauthenticated("Nobody made this enrolment token.").fields(
                vec![FieldError::bare("token", "Nobody made this enrolment token.")],
            ),
            EnrollError::TokenSpent(how) => {
                let detail = format!("This enrolment token {how}. Ask an admin for a new one.");
                Self::forbidden(&detail).fields(vec![FieldError::bare("token", detail.clone())])
            }
            EnrollError::Retired => {
                Self::forbidden("The agent that this key enrolled was retired. Enrol with a new key.")
            }
            EnrollError::Store(error) => error.into(),
            EnrollError::NoRandomness(error) => Self::internal(&error),
            EnrollError::Engine(error) => Self::unavailable(&error),
        }
    }
}

/// Enrol an agent
///
/// The only call without a credential; the token is one. The answer holds the agent's secret, which is shown
/// once. A call whose answer was lost is made again with the same `key` and gets the same answer, at no further
/// use of the token.
#[utoipa::path(
    post,
    path = "/api/agent/v1/enroll",
    tag = "agents' calls",
    request_body(content = Enroll, example = json!({
        "token": "rct_fKz0...", "key": "9f3a...", "host_name": "sp-atm-0031",
        "platform": "Debian GNU/Linux 12 (bookworm)", "machine_id": "4c4c454400384d108052b4c04f4e3132"
    })),
    responses(
        (status = 201, description = "Enrolled", body = Enrolled),
        (status = 401, description = "Nobody made this token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token has expired, was revoked or is used up", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn enroll(
    State(app): State<Arc<App>>,
    Json(enroll): Json<Enroll>,
) -> Result<(StatusCode, axum::Json<Enrolled>), Refusal> {
    let key = checked(&enroll).map_err(EnrollError::Fields)?;
    let known = app.store.tokens().is_known(hash_of(&enroll.token)).await;
    if !known.map_err(EnrollError::from)? {
        Err(EnrollError::TokenUnknown)?;
    }
    let asked = new_agent(&app, &enroll, &key).map_err(EnrollError::from)?;
    // Also where the answer is an earlier record: then it is only news if a crash kept it from being told.
    let transition = asked.transition.id;
    let record = match app
        .store
        .agents()
        .enroll(asked, app.clock.wall_ms())
        .await
        .map_err(EnrollError::from)?
    {
        EnrollOutcome::Made(record) | EnrollOutcome::Again(record) => record,
        EnrollOutcome::TokenUnknown => Err(EnrollError::TokenUnknown)?,
        EnrollOutcome::TokenExpired => Err(EnrollError::TokenSpent("has expired"))?,
        EnrollOutcome::TokenRevoked => Err(EnrollError::TokenSpent("was revoked"))?,
        EnrollOutcome::TokenUsedUp => Err(EnrollError::TokenSpent("is used up"))?,
    };
    if is_retired(&app, &record) {
        Err(EnrollError::Retired)?;
    }
    take_up(&app, &record, transition)
        .await
        .map_err(EnrollError::from)?;
    let secret = app.master_key.agent_secret(record.id, &key).to_string();
    Ok((
        StatusCode::CREATED,
        axum::Json(Enrolled {
            agent: record.id,
            secret,
            epoch: app.epoch(),
        }),
    ))
}

/// The enrolment key of a call that can be used.
fn checked(enroll: &Enroll) -> Result<[u8; 32], Vec<FieldError>> {
    let mut labels = Labels::default()
        .host_name(&enroll.host_name)
        .platform(&enroll.platform)
        .machine_id(&enroll.machine_id);
    if enroll.token.is_empty() || enroll.token.len() > 128 {
        labels = labels.refuse(FieldError::bare(
            "token",
            "An enrolment token has 1 to 128 characters.",
        ));
    }
    let key = hexadecimal(&enroll.key);
    if key.is_none() {
        labels = labels.refuse(FieldError::bare(
            "key",
            "An enrolment key is 64 hexadecimal digits.",
        ));
    }
    labels.checked()?;
    Ok(key.unwrap_or_default())
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = text
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::try_from(pair[0] << 4 | pair[1]).ok()?;
    }
    Some(bytes)
}

fn new_agent(app: &App, enroll: &Enroll, key: &[u8; 32]) -> Result<NewAgent, NoRandomness> {
    let now_ms = app.clock.wall_ms();
    let id = AgentId::from_bits(u64::from_be_bytes(app.clock.random()?));
    let secret = app.master_key.agent_secret(id, key);
    let proof_key = app.master_key.seal(id, &ProofKey::of(&secret), &app.clock)?;
    let record = AgentRecord {
        id,
        name: enroll.host_name.trim().to_owned(),
        domain: DomainId::ROOT,
        platform: enroll.platform.clone(),
        machine_id: enroll.machine_id.clone(),
        agent_version: String::new(),
        secret_hash: secret.hash(),
        status: Status::Pending,
        since_ms: now_ms,
        cause: Cause::Enrolled,
        last_contact: None,
        address: None,
        boot: None,
        applied: 0,
        enrolled_at_ms: now_ms,
        local_address: None,
        notify_port: None,
        proof_key: Some(proof_key),
        retired_by: None,
        addresses: Vec::new(),
    };
    let transition = TransitionRecord {
        id: app.engine.next_transition_id(),
        agent: id,
        at_ms: now_ms,
        from: None,
        to: Status::Pending,
        cause: Cause::Enrolled,
        last_contact: None,
        folds: None,
    };
    Ok(NewAgent {
        record,
        token_hash: hash_of(&enroll.token),
        key_hash: hash_of(&enroll.key.to_ascii_lowercase()),
        transition,
    })
}

/// Whether the agent is off the roll call. The roster knows at once, the database within a second.
fn is_retired(app: &App, record: &AgentRecord) -> bool {
    let shown = app.roster.get(&Scope::All, record.id);
    record.status == Status::Retired || shown.is_some_and(|(_, agent)| agent.status == Status::Retired)
}

/// Makes a stored agent known to engine, roster and credentials, once.
async fn take_up(app: &App, record: &AgentRecord, transition: TransitionId) -> Result<(), EngineError> {
    let _one_at_a_time = app.taking_up.lock().await;
    if app.agents.place(record.id).is_none() {
        let place = app.engine.enrol(record.id).await?;
        app.roster.enrol(record, place, transition);
        let sealed = record.proof_key.as_deref();
        let known = Known {
            proof_key: sealed.and_then(|sealed| app.master_key.unseal(record.id, sealed)),
            ..Known::default()
        };
        app.agents.insert(record.id, record.secret_hash, place, known);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
