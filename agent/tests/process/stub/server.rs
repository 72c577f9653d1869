//! What a server would answer.

use std::sync::PoisonError;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, header};
use rollcall_shared::agent_api::{
    Enroll, Enrolled, Goodbye, Heartbeat, HeartbeatAnswer, Installed, NewSettings, Offer, Poll, PollAnswer,
    Register, Registered,
};
use rollcall_shared::problem::{self, kind};
use rollcall_shared::{AgentId, Problem, Reachability, Settings};
use serde::Serialize;

use super::{SECRET, Shared};

/// What the stub dictates where no script is for a call.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    pub(crate) settings: Settings,
    pub(crate) version: u32,
    /// When heartbeats are due, in milliseconds; nothing for none.
    pub(crate) next_in_ms: Option<u64>,
    pub(crate) next_poll_in_ms: u64,
    pub(crate) poll_now: bool,
    /// What is current.
    pub(crate) components: Vec<Offer>,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            settings: Settings {
                heartbeat_every: rollcall_shared::Minutes::MIN,
                ..Settings::default()
            },
            version: 1,
            next_in_ms: Some(300),
            next_poll_in_ms: 86_400_000,
            poll_now: false,
            components: Vec::new(),
        }
    }
}

/// Who enrols here.
pub(crate) fn agent() -> AgentId {
    AgentId::from_bits(0x0abc_def0)
}

/// Back-off is never longer than the interval, which is a minute: this keeps it short.
const MINUTE_MS: u32 = 400;

pub(super) fn as_a_server(shared: &Shared, call: &str, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let agent = agent();
    let ways = shared.ways.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let bearer = format!("Bearer {agent}.{SECRET}");
    if call != "enroll"
        && headers
            .get(header::AUTHORIZATION)
            .is_none_or(|value| value != &bearer)
    {
        return problem(401, kind::UNAUTHENTICATED, "Nobody by that credential.");
    }
    match call {
        "enroll" => {
            let ask: Enroll = serde_json::from_slice(body).unwrap();
            assert_eq!(ask.key.len(), 64);
            if ask.token != "good" {
                return problem(
                    401,
                    kind::UNAUTHENTICATED,
                    "This enrolment token is not known, or it was used up.",
                );
            }
            json(&Enrolled {
                agent,
                secret: SECRET.to_owned(),
                epoch: 1,
            })
        }
        "register" => {
            let ask: Register = serde_json::from_slice(body).unwrap();
            assert!(!ask.machine_id.is_empty() && !ask.host_name.is_empty() && !ask.platform.is_empty());
            assert!(ask.local_address.is_some());
            json(&Registered {
                settings: ways.settings,
                settings_version: ways.version,
                minute_ms: MINUTE_MS,
                observed_address: [127, 0, 0, 1].into(),
                reachability: Reachability::Reachable,
                next_in_ms: ways.next_in_ms,
                next_poll_in_ms: ways.next_poll_in_ms,
                epoch: shared.epoch(),
                loopback_port: None,
            })
        }
        "poll" => {
            let ask: Poll = serde_json::from_slice(body).unwrap();
            let is_new = ask.fence.applied != ways.version;
            json(&PollAnswer {
                settings: is_new.then_some(NewSettings {
                    settings: ways.settings,
                    version: ways.version,
                    minute_ms: MINUTE_MS,
                }),
                components: lacking(ways.components, ask.components),
                observed_address: [127, 0, 0, 1].into(),
                reachability: Reachability::Reachable,
                next_in_ms: ways.next_in_ms,
                next_poll_in_ms: ways.next_poll_in_ms,
                epoch: shared.epoch(),
            })
        }
        "heartbeat" => {
            let _: Heartbeat = serde_json::from_slice(body).unwrap();
            json(&HeartbeatAnswer {
                next_in_ms: ways.next_in_ms.unwrap_or(300),
                settings_version: ways.version,
                poll_now: ways.poll_now,
                epoch: shared.epoch(),
            })
        }
        "goodbye" => {
            let _: Goodbye = serde_json::from_slice(body).unwrap();
            Response::builder().status(204).body(Body::empty()).unwrap()
        }
        _ => Response::builder().status(404).body(Body::empty()).unwrap(),
    }
}

fn lacking(mut current: Vec<Offer>, installed: Option<Vec<Installed>>) -> Vec<Offer> {
    let installed = installed.expect("this agent says what it has");
    current.retain(|offer| {
        let is_it = |one: &Installed| one.name == offer.name && one.version == offer.version;
        !installed.iter().any(is_it)
    });
    current
}

fn json(value: &impl Serialize) -> Response<Body> {
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(value).unwrap().into())
        .unwrap()
}

pub(super) fn problem(status: u16, kind: &str, detail: &str) -> Response<Body> {
    let problem = Problem {
        kind: kind.to_owned(),
        title: "Refused".to_owned(),
        status,
        detail: Some(detail.to_owned()),
        errors: Vec::new(),
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, problem::MEDIA_TYPE)
        .body(serde_json::to_vec(&problem).unwrap().into())
        .unwrap()
}
