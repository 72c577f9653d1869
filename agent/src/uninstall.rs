//! `uninstall`: takes this agent off the roll call for good, and forgets who it was.
//!
//! First the server, then the disk: an identity that was removed without the server's knowledge would leave an agent
//! that is shown as offline until somebody retires it. Where the answer is lost, the next try is told that the agent is
//! retired, which is what was wanted.
//!
//! Not for an agent that runs: it holds the folder, and whoever stops it knows how to keep it from being started again.

use core::time::Duration;

use rollcall_agent::backoff::Backoff;
use rollcall_agent::schedule::{Call, Refusal, Send};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, BootId, GoodbyeKind, RegisterReason};

use crate::answer::{self, Rejection};
use crate::client::{self, CallError, Endpoint, Link, Outgoing};
use crate::clock::{self, Dice, NoRandomness};
use crate::failure::chain;
use crate::identity::{Identity, IdentityError};
use crate::living::Living;
use crate::message::{Enclosed, Messages};
use crate::run::{RunError, endpoint_of};
use crate::say;
use crate::server_url::ServerUrl;
use crate::state_dir::{StateDir, StateError};
use crate::status::{Kept, span};

/// How long one call may take.
const CALL_WITHIN: Duration = Duration::from_secs(10);

/// How long to go on where the server does not answer: a package that is being removed waits for this.
const GIVE_UP_AFTER_MS: u64 = 10_000;

/// The longest wait between two tries, for the same reason.
const LONGEST_PAUSE_MS: u64 = 2_000;

/// What was taken away.
#[derive(Debug)]
pub(crate) struct Uninstalled {
    pub(crate) agent: AgentId,
    pub(crate) server: ServerUrl,
    /// Whether the server had retired it before, so that nothing was to be said.
    pub(crate) retired_before: bool,
}

/// Why the agent is still what it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UninstallError {
    #[error(
        "an agent runs with the state directory {path}: stop it first, and see that nothing starts it again \
         (as a service: systemctl disable --now rollcall-agent)"
    )]
    Runs { path: String },
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The identity leads to no server.
    #[error(transparent)]
    Endpoint(#[from] RunError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(
        "{rejection}. Nothing was removed; where that server will never know this agent again, remove {path}"
    )]
    Rejected { rejection: Rejection, path: String },
    #[error(
        "nothing was removed: the server has to know first. Run this again, or retire the agent in the console and remove {path}"
    )]
    NoAnswer {
        #[source]
        source: CallError,
        path: String,
    },
}

/// Says goodbye for good, and removes the identity.
pub(crate) async fn uninstall(dir: &StateDir) -> Result<Uninstalled, UninstallError> {
    let _lock = dir.lock().await.map_err(|error| match error {
        StateError::Locked { path } => UninstallError::Runs {
            path: path.display().to_string(),
        },
        other => other.into(),
    })?;
    let identity = Identity::load(dir)?;
    let retired_before = farewell(dir, &identity).await?;
    Identity::forget(dir)?;
    Kept::forget(dir)?;
    Ok(Uninstalled {
        agent: identity.agent,
        server: identity.server,
        retired_before,
    })
}

/// What came of one try, where the server did not take it.
enum Setback {
    Rejected(Rejection, Option<u64>),
    NoAnswer(CallError),
}

impl Setback {
    fn is_passing(&self) -> bool {
        match self {
            Self::Rejected(rejection, _) => rejection.is_passing(),
            Self::NoAnswer(error) => error.is_passing(),
        }
    }

    fn is_retirement(&self) -> bool {
        matches!(self, Self::Rejected(rejection, _) if rejection.refusal() == Some(Refusal::Retired))
    }

    fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Rejected(_, retry_after_s) => retry_after_s.map(|seconds| seconds.saturating_mul(1_000)),
            Self::NoAnswer(_) => None,
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Rejected(rejection, _) => chain(rejection),
            Self::NoAnswer(error) => chain(error),
        }
    }

    fn into_error(self, dir: &StateDir) -> UninstallError {
        let path = dir.path().display().to_string();
        match self {
            Self::Rejected(rejection, _) => UninstallError::Rejected { rejection, path },
            Self::NoAnswer(source) => UninstallError::NoAnswer { source, path },
        }
    }
}

/// Until the server knows; says whether it knew before.
async fn farewell(dir: &StateDir, identity: &Identity) -> Result<bool, UninstallError> {
    let endpoint = endpoint_of(identity)?;
    let messages = Messages::new(dir, identity.name.clone(), None);
    let living = Kept::find(dir)
        .and_then(|kept| kept.living)
        .unwrap_or_else(Living::unsettled);
    let mut dice = Dice::seeded()?;
    let backoff = Backoff::within(LONGEST_PAUSE_MS);
    let give_up_ms = clock::now_ms().saturating_add(GIVE_UP_AFTER_MS);
    let mut failures = 0;
    loop {
        // A try is a boot of its own: what became of the one before is not known.
        let boot = boot_of(&mut dice);
        let setback = match attempt(&endpoint, &messages, boot, living).await {
            Ok(()) => return Ok(false),
            Err(setback) if setback.is_retirement() => return Ok(true),
            Err(setback) => setback,
        };
        let wait_ms = setback
            .retry_after_ms()
            .unwrap_or_else(|| backoff.delay_ms(failures, dice.roll()));
        if !setback.is_passing() || clock::now_ms().saturating_add(wait_ms) >= give_up_ms {
            return Err(setback.into_error(dir));
        }
        failures += 1;
        say::err(&format!("{}; trying again in {}", setback.told(), span(wait_ms)));
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
}

fn boot_of(dice: &mut Dice) -> BootId {
    loop {
        let bits = u32::try_from(dice.roll() >> 32).unwrap_or_default();
        if let Some(boot) = BootId::from_bits(bits) {
            return boot;
        }
    }
}

/// Registers this boot, since only the current one may say goodbye (rule 8), and says it (rule 10).
async fn attempt(
    endpoint: &Endpoint,
    messages: &Messages,
    boot: BootId,
    living: Living,
) -> Result<(), Setback> {
    let mut link = None;
    let calls = [
        Call::Register(RegisterReason::Start),
        Call::Goodbye(GoodbyeKind::Uninstall),
    ];
    for (sequence, call) in (1..).zip(calls) {
        let fence = Fence {
            boot,
            sequence,
            applied: living.version(),
        };
        link = said(endpoint, messages, link, (call, fence), living).await?;
    }
    Ok(())
}

async fn said(
    endpoint: &Endpoint,
    messages: &Messages,
    link: Option<Link>,
    (call, fence): (Call, Fence),
    living: Living,
) -> Result<Option<Link>, Setback> {
    let nothing = Enclosed::default();
    let within_ms = u64::try_from(CALL_WITHIN.as_millis()).unwrap_or(u64::MAX);
    let send = Send {
        call,
        fence,
        within_ms,
    };
    let body = |local| messages.body(&send, &nothing, local);
    let outgoing = Outgoing {
        call: &Messages::path(call, &nothing),
        body: &body,
    };
    let (link, reply) = client::call(endpoint, link, outgoing, CALL_WITHIN).await;
    let reply = reply.map_err(Setback::NoAnswer)?;
    answer::judge(call, &reply, living, |_| false)
        .map(|_| link)
        .map_err(|rejection| Setback::Rejected(rejection, reply.retry_after_s))
}
