//! Judging a reply: an answer to the call, a refusal that the agent acts on, or nothing to go by.
//!
//! Only what looks like Rollcall's own is believed. A captive portal's 200, a proxy's 401 and a 302 to a login
//! page are failures like a lost connection: the agent holds back and asks again.

use core::net::IpAddr;

use rollcall_agent::schedule::{Answer, Call, Refusal};
use rollcall_shared::agent_api::{HeartbeatAnswer, Offer};
use rollcall_shared::component::MOST_CURRENT;
use rollcall_shared::problem::{self, kind};
use rollcall_shared::{Problem, Reachability};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Reply;
use crate::living::{KnownSettings, Living};

/// What `register` answers, as far as this version uses it.
#[derive(Debug, Deserialize)]
struct Registered {
    settings: KnownSettings,
    settings_version: u32,
    minute_ms: u32,
    observed_address: IpAddr,
    reachability: Reachability,
    #[serde(default)]
    next_in_ms: Option<u64>,
    next_poll_in_ms: u64,
    epoch: u32,
    #[serde(default)]
    loopback_port: Option<u16>,
}

/// What `poll` answers, likewise.
#[derive(Debug, Deserialize)]
struct Polled {
    #[serde(default)]
    settings: Option<NewSettings>,
    /// A newer server may offer what this version does not understand: that is passed over.
    #[serde(default)]
    components: Vec<serde_json::Value>,
    observed_address: IpAddr,
    reachability: Reachability,
    #[serde(default)]
    next_in_ms: Option<u64>,
    next_poll_in_ms: u64,
    epoch: u32,
}

#[derive(Debug, Deserialize)]
struct NewSettings {
    settings: KnownSettings,
    version: u32,
    minute_ms: u32,
}

impl Polled {
    fn offers(&mut self) -> Vec<Offer> {
        core::mem::take(&mut self.components)
            .into_iter()
            .filter_map(|offer| serde_json::from_value(offer).ok())
            .take(MOST_CURRENT)
            .collect()
    }
}

/// What the server said of this agent when it registered or polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The address that the server sees.
    pub(crate) observed_address: IpAddr,
    /// Whether it is in the unreachable network.
    pub(crate) reachability: Reachability,
    /// What the agent lives by from now on.
    pub(crate) living: Living,
    /// The port on which the server takes loopback packets, where it says that: when the agent registers.
    pub(crate) loopback_port: Option<u16>,
}

/// Why a reply is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("the server refused: {}", of_problem(.0))]
    Refused(Box<Problem>),
    #[error("the address redirects to {to} ({status}); redirects are not followed")]
    Redirected { status: u16, to: String },
    #[error(
        "status {status} with {media_type}: this is not a Rollcall server, or something stands before it"
    )]
    Stranger { status: u16, media_type: String },
    #[error("the answer cannot be understood")]
    Garbled(#[from] serde_json::Error),
}

/// For people: what happened, and the fields at fault.
fn of_problem(problem: &Problem) -> String {
    let mut text = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    for error in &problem.errors {
        if text.contains(&error.detail) && error.allowed.is_none() {
            continue;
        }
        text.push_str("; ");
        text.push_str(&error.field);
        text.push_str(": ");
        text.push_str(&error.detail);
        if let Some(allowed) = &error.allowed {
            text.push_str(" Allowed: ");
            text.push_str(allowed);
        }
    }
    // It comes from the network and goes to a terminal.
    text.chars()
        .filter(|character| !character.is_control())
        .take(1_000)
        .collect()
}

impl Rejection {
    /// The refusal that the agent acts on by name, where it is one.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(problem) => match problem.kind.as_str() {
                kind::UNAUTHENTICATED => Some(Refusal::Unauthenticated),
                kind::RETIRED => Some(Refusal::Retired),
                kind::REGISTER_FIRST => Some(Refusal::RegisterFirst),
                kind::STALE_SEQUENCE => Some(Refusal::StaleSequence),
                _ => None,
            },
            Self::Redirected { .. } | Self::Stranger { .. } | Self::Garbled(_) => None,
        }
    }

    /// Whether the same call may succeed later: the server is busy or broken, or it was not the server.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused(problem) => problem.status >= 500 || problem.status == 429,
            Self::Stranger { status, .. } => *status >= 500 || *status == 429,
            Self::Redirected { .. } | Self::Garbled(_) => false,
        }
    }
}

/// The answer to `call`, and where it says so, how the server sees the agent. `living` is what it lived by so far;
/// `offered` takes in what components a poll offers, and says whether its settings are to wait for them.
pub(crate) fn judge(
    call: Call,
    reply: &Reply,
    living: Living,
    offered: impl FnOnce(Vec<Offer>) -> bool,
) -> Result<(Answer, Option<Seen>), Rejection> {
    match call {
        Call::Register(_) => {
            let body: Registered = success(reply)?;
            let seen = Seen {
                observed_address: body.observed_address,
                reachability: body.reachability,
                living: Living::by(body.settings, body.settings_version, body.minute_ms),
                loopback_port: body.loopback_port.filter(|port| *port != 0),
            };
            let answer = Answer::Registered {
                next_in_ms: body.next_in_ms,
                next_poll_in_ms: body.next_poll_in_ms,
                epoch_s: body.epoch,
                settings_version: body.settings_version,
                contact_every_ms: seen.living.contact_every_ms(body.reachability),
            };
            Ok((answer, Some(seen)))
        }
        Call::Poll => {
            let mut body: Polled = success(reply)?;
            if offered(body.offers()) {
                body.settings = None;
            }
            let settings_version = body.settings.as_ref().map(|new| new.version);
            let seen = Seen {
                observed_address: body.observed_address,
                reachability: body.reachability,
                living: body
                    .settings
                    .map_or(living, |new| Living::by(new.settings, new.version, new.minute_ms)),
                loopback_port: None,
            };
            let answer = Answer::Polled {
                next_in_ms: body.next_in_ms,
                next_poll_in_ms: body.next_poll_in_ms,
                epoch_s: body.epoch,
                settings_version,
                contact_every_ms: seen.living.contact_every_ms(body.reachability),
            };
            Ok((answer, Some(seen)))
        }
        // These answers have nothing to say that the agent would use.
        Call::Ack | Call::Goodbye(_) if reply.status.is_success() => Ok((Answer::Noted, None)),
        Call::Ack => match rejected(reply) {
            // The server will not take it, however often it is told.
            Rejection::Refused(problem) if is_final(&problem) => {
                tracing::warn!("The server takes no acknowledgement: {}", of_problem(&problem));
                Ok((Answer::Noted, None))
            }
            other => Err(other),
        },
        Call::Heartbeat => {
            let body: HeartbeatAnswer = success(reply)?;
            let answer = Answer::Heard {
                next_in_ms: body.next_in_ms,
                epoch_s: body.epoch,
                settings_version: body.settings_version,
                poll_now: body.poll_now,
            };
            Ok((answer, None))
        }
        Call::Goodbye(_) => Err(rejected(reply)),
    }
}

/// Whether an acknowledgement is refused for what it is, not for when it comes or from whom.
fn is_final(problem: &Problem) -> bool {
    matches!(problem.status, 400 | 404 | 405 | 410 | 413 | 415 | 422)
}

/// The body of a reply that says success in JSON.
pub(crate) fn success<T: DeserializeOwned>(reply: &Reply) -> Result<T, Rejection> {
    if reply.status.is_success() && reply.media_type == "application/json" {
        Ok(serde_json::from_slice(&reply.body)?)
    } else {
        Err(rejected(reply))
    }
}

fn rejected(reply: &Reply) -> Rejection {
    let status = reply.status.as_u16();
    if reply.status.is_redirection() {
        let to = reply.location.clone().unwrap_or_else(|| "nowhere".to_owned());
        return Rejection::Redirected { status, to };
    }
    let is_problem = reply.media_type == problem::MEDIA_TYPE && !reply.status.is_success();
    match serde_json::from_slice::<Problem>(&reply.body) {
        Ok(problem) if is_problem => Rejection::Refused(Box::new(problem)),
        _ => Rejection::Stranger {
            status,
            media_type: if reply.media_type.is_empty() {
                "no media type".to_owned()
            } else {
                reply.media_type.chars().take(100).collect()
            },
        },
    }
}

#[cfg(test)]
mod tests;
