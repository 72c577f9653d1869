//! `enroll`: makes this machine an agent.
//!
//! The random key is on the disk before the first call, so that whatever is lost after it (the answer, the
//! process, the power) is asked for again and makes no second agent.

use core::time::Duration;

use rollcall_agent::backoff::Backoff;
use rollcall_agent::schedule::Refusal;
use rollcall_shared::agent_api::{Enroll, Enrolled};

use crate::answer::{self, Rejection};
use crate::client::{self, CallError, Endpoint, EndpointError, Outgoing};
use crate::clock::{self, Dice, NoRandomness};
use crate::failure::chain;
use crate::identity::{self, Identity, IdentityError};
use crate::machine;
use crate::say;
use crate::server_url::ServerUrl;
use crate::state_dir::{Lock, StateDir, StateError};
use crate::status::{Kept, span};
use crate::tls::{Fingerprint, TlsError};

/// How long one call may take.
const CALL_WITHIN: Duration = Duration::from_secs(20);

/// How long to go on where the server does not answer: someone waits at a terminal. The key stays, so that
/// running the same line again goes on where this ended.
const GIVE_UP_AFTER_MS: u64 = 60_000;

/// The longest wait between two tries, for the same reason.
const LONGEST_PAUSE_MS: u64 = 10_000;

/// What was asked for.
pub(crate) struct Wish {
    pub(crate) server: ServerUrl,
    pub(crate) token: String,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Told twice.
    pub(crate) allow_plain_http: bool,
    pub(crate) name: Option<String>,
}

/// Why there is no new agent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(
        "this machine is enrolled with {server} already, as {agent}. To enrol it elsewhere, retire it there, \
         stop the agent and remove {path}; or name another state directory with --state"
    )]
    Elsewhere {
        server: ServerUrl,
        agent: rollcall_shared::AgentId,
        path: String,
    },
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Call(CallError),
    #[error("the server does not answer; the same line, run again, goes on from here")]
    NoAnswer(#[source] CallError),
}

/// Enrols, unless that was done before. Gives back the lock where it was taken for that.
pub(crate) async fn enrol(dir: &StateDir, wish: Wish) -> Result<Option<Lock>, EnrolError> {
    // Before anything is written: a wish that cannot be fulfilled leaves nothing behind.
    let endpoint = Endpoint::new(wish.server.clone(), wish.fingerprint, None, wish.allow_plain_http)?;
    if already(dir, &wish.server)? {
        return Ok(None);
    }
    let lock = dir.lock().await?;
    // Someone may have finished while the lock was waited for.
    if already(dir, &wish.server)? {
        return Ok(Some(lock));
    }
    let mut ask = Enroll {
        token: wish.token,
        key: identity::enrolment_key(dir, &wish.server)?,
        host_name: machine::host_name(wish.name.as_deref()),
        platform: machine::platform(),
        machine_id: machine::machine_id(dir),
    };
    let enrolled = match answered(&endpoint, &ask).await {
        // What this key enrolled, in an answer that was lost, was retired since: begin anew.
        Err(EnrolError::Rejected(rejection)) if rejection.refusal() == Some(Refusal::Retired) => {
            identity::forget_enrolment(dir)?;
            ask.key = identity::enrolment_key(dir, &wish.server)?;
            answered(&endpoint, &ask).await?
        }
        other => other?,
    };
    Kept::forget(dir)?;
    let identity = Identity {
        server: wish.server,
        agent: enrolled.agent,
        secret: enrolled.secret,
        fingerprint: wish.fingerprint.map(|fingerprint| fingerprint.to_string()),
        allow_plain_http: wish.allow_plain_http,
        name: wish.name,
    };
    identity.store(dir)?;
    say::out(&format!("Enrolled as {} at {}", identity.agent, identity.server));
    Ok(Some(lock))
}

/// Whether this is an agent of that server already; says so.
fn already(dir: &StateDir, server: &ServerUrl) -> Result<bool, EnrolError> {
    match Identity::find(dir)? {
        None => Ok(false),
        Some(identity) if identity.server == *server => {
            say::out(&format!(
                "Already enrolled as {} at {}; where that server was set up anew, remove {} and enrol again",
                identity.agent,
                identity.server,
                dir.path().join("identity.json").display()
            ));
            Ok(true)
        }
        Some(identity) => Err(EnrolError::Elsewhere {
            server: identity.server,
            agent: identity.agent,
            path: dir.path().display().to_string(),
        }),
    }
}

async fn answered(endpoint: &Endpoint, ask: &Enroll) -> Result<Enrolled, EnrolError> {
    let mut dice = Dice::seeded()?;
    let backoff = Backoff::within(LONGEST_PAUSE_MS);
    let give_up_ms = clock::now_ms().saturating_add(GIVE_UP_AFTER_MS);
    let mut failures = 0;
    loop {
        let (error, retry_after_ms) = match attempt(endpoint, ask).await {
            Ok(Ok(enrolled)) => return Ok(enrolled),
            Ok(Err((rejection, retry_after_s))) if rejection.is_passing() => (
                EnrolError::Rejected(rejection),
                retry_after_s.map(|seconds| seconds.saturating_mul(1_000)),
            ),
            Ok(Err((rejection, _))) => return Err(rejection.into()),
            Err(error) if error.is_passing() => (EnrolError::NoAnswer(error), None),
            Err(error) => return Err(EnrolError::Call(error)),
        };
        let wait_ms = retry_after_ms.unwrap_or_else(|| backoff.delay_ms(failures, dice.roll()));
        if clock::now_ms().saturating_add(wait_ms) >= give_up_ms {
            return Err(error);
        }
        failures += 1;
        say::err(&format!("{}; trying again in {}", reason(&error), span(wait_ms)));
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
}

/// The cause alone, while there is still hope.
fn reason(error: &EnrolError) -> String {
    match error {
        EnrolError::NoAnswer(source) => chain(source),
        other => chain(other),
    }
}

type Attempt = Result<Result<Enrolled, (Rejection, Option<u64>)>, CallError>;

async fn attempt(endpoint: &Endpoint, ask: &Enroll) -> Attempt {
    let body = |_local| serde_json::to_vec(ask).unwrap_or_default();
    let outgoing = Outgoing {
        call: "enroll",
        body: &body,
    };
    let (_link, reply) = client::call(endpoint, None, outgoing, CALL_WITHIN).await;
    let reply = reply?;
    Ok(answer::success(&reply).map_err(|rejection| (rejection, reply.retry_after_s)))
}
