//! Judging a reply, as shipped agents do: an answer to the call, a refusal that the agent acts on, or nothing to go by.

use core::time::Duration;

use rollcall_agent::schedule::{Answer, Call, Refusal};
use rollcall_shared::agent_api::{HeartbeatAnswer, PollAnswer, Registered};
use rollcall_shared::problem::kind;
use rollcall_shared::{Problem, Reachability, Settings};
use serde::de::DeserializeOwned;

use crate::clock::in_us;
use crate::http::{Media, Reply};
use crate::tally::Trouble;

/// What an agent lives by, as it was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Living {
    /// How long a contact keeps it online.
    pub(crate) lease_us: u64,
    /// How often the contact comes that does.
    pub(crate) contact_every_ms: u64,
    /// Whether it sends heartbeats.
    pub(crate) beats: bool,
    /// How often it sends loopback packets; nothing where it sends none.
    pub(crate) loopback_every_ms: Option<u64>,
    /// Where the server takes them, where it said so.
    pub(crate) loopback_port: Option<u16>,
}

impl Living {
    fn by(settings: &Settings, minute_ms: u32, reachability: Reachability) -> Self {
        let duties = settings.duties(reachability);
        let minute = Duration::from_millis(minute_ms.into());
        Self {
            lease_us: in_us(minute.saturating_mul(duties.lease_minutes)),
            contact_every_ms: in_us(duties.contact_every.lasting(minute)) / 1_000,
            beats: duties.heartbeat_every.is_some(),
            loopback_every_ms: duties
                .loopback_every
                .map(|every| in_us(every.lasting(minute)) / 1_000),
            loopback_port: None,
        }
    }
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// An answer, and where it brings settings, what the agent lives by from then on.
    Answered(Answer, Option<Living>),
    /// A refusal that the agent acts on.
    Refused(Refusal, Trouble),
    /// Nothing to go by; in milliseconds, when the server wants to be asked again.
    Failed(Option<u64>, Trouble),
}

/// Judges the reply to `call` of an agent whose contacts come every `contact_every_ms` so far.
pub(crate) fn judge(call: Call, reply: &Reply<'_>, contact_every_ms: u64) -> Judged {
    let judged = match call {
        Call::Register(_) => success(reply).map(|body| registered(&body)),
        Call::Poll => success(reply).map(|body| polled(&body, contact_every_ms)),
        Call::Heartbeat | Call::Ack | Call::Goodbye(_) => success(reply).map(|body: HeartbeatAnswer| {
            let answer = Answer::Heard {
                next_in_ms: body.next_in_ms,
                epoch_s: body.epoch,
                settings_version: body.settings_version,
                poll_now: body.poll_now,
            };
            Judged::Answered(answer, None)
        }),
    };
    judged.unwrap_or_else(|| rejected(reply))
}

fn registered(body: &Registered) -> Judged {
    let living = Living {
        loopback_port: body.loopback_port,
        ..Living::by(&body.settings, body.minute_ms, body.reachability)
    };
    let answer = Answer::Registered {
        next_in_ms: body.next_in_ms,
        next_poll_in_ms: body.next_poll_in_ms,
        epoch_s: body.epoch,
        settings_version: body.settings_version,
        contact_every_ms: living.contact_every_ms,
    };
    Judged::Answered(answer, Some(living))
}

fn polled(body: &PollAnswer, contact_every_ms: u64) -> Judged {
    let new = body.settings.as_ref();
    let living = new.map(|new| Living::by(&new.settings, new.minute_ms, body.reachability));
    let answer = Answer::Polled {
        next_in_ms: body.next_in_ms,
        next_poll_in_ms: body.next_poll_in_ms,
        epoch_s: body.epoch,
        settings_version: new.map(|new| new.version),
        contact_every_ms: living.map_or(contact_every_ms, |living| living.contact_every_ms),
    };
    Judged::Answered(answer, living)
}

fn success<T: DeserializeOwned>(reply: &Reply<'_>) -> Option<T> {
    if !(200..300).contains(&reply.status) || reply.media != Media::Json {
        return None;
    }
    serde_json::from_slice(reply.body).ok()
}

fn rejected(reply: &Reply<'_>) -> Judged {
    let problem = match reply.media {
        Media::Problem => serde_json::from_slice::<Problem>(reply.body).ok(),
        Media::Json | Media::Other => None,
    };
    let refused = match problem.as_ref().map(|problem| problem.kind.as_str()) {
        Some(kind::UNAUTHENTICATED) => Some((Refusal::Unauthenticated, Trouble::Unknown)),
        Some(kind::RETIRED) => Some((Refusal::Retired, Trouble::Retired)),
        Some(kind::REGISTER_FIRST) => Some((Refusal::RegisterFirst, Trouble::RegisterFirst)),
        Some(kind::STALE_SEQUENCE) => Some((Refusal::StaleSequence, Trouble::Stale)),
        _ => None,
    };
    if let Some((refusal, trouble)) = refused {
        return Judged::Refused(refusal, trouble);
    }
    let trouble = match (reply.status, reply.retry_after_s) {
        (429 | 503, Some(_)) => Trouble::Slot,
        (429 | 503, None) => Trouble::Busy,
        (200..300, _) => Trouble::Garbled,
        (status, _) => Trouble::Status(status),
    };
    Judged::Failed(
        reply.retry_after_s.map(|seconds| seconds.saturating_mul(1_000)),
        trouble,
    )
}

#[cfg(test)]
mod tests {
    use rollcall_shared::RegisterReason;

    use super::*;

    const fn reply(status: u16, media: Media, retry_after_s: Option<u64>, body: &str) -> Reply<'_> {
        Reply {
            status,
            media,
            retry_after_s,
            closes: false,
            body: body.as_bytes(),
        }
    }

    #[test]
    fn a_register_tells_how_long_a_contact_lasts() {
        let body = r#"{"settings":{"heartbeat_every":10,"offline_after":60},"settings_version":3,"minute_ms":500,
            "observed_address":"127.0.0.1","reachability":"reachable","next_in_ms":4800,"next_poll_in_ms":59000,
            "epoch":5}"#;
        let judged = judge(
            Call::Register(RegisterReason::Start),
            &reply(200, Media::Json, None, body),
            0,
        );
        let Judged::Answered(
            Answer::Registered {
                next_in_ms,
                contact_every_ms,
                ..
            },
            living,
        ) = judged
        else {
            panic!("{judged:?}");
        };
        assert_eq!((next_in_ms, contact_every_ms), (Some(4_800), 5_000));
        assert_eq!(
            living,
            Some(Living {
                lease_us: 30_000_000,
                contact_every_ms: 5_000,
                beats: true,
                loopback_every_ms: None,
                loopback_port: None,
            })
        );
    }

    #[test]
    fn what_is_no_answer_is_told_apart_by_what_the_agent_does_about_it() {
        let problem = |name: &str| format!(r#"{{"type":"{name}","title":"t","status":409}}"#);
        let of =
            |status, media, retry, body: &str| judge(Call::Heartbeat, &reply(status, media, retry, body), 0);
        assert_eq!(
            of(401, Media::Problem, None, &problem(kind::UNAUTHENTICATED)),
            Judged::Refused(Refusal::Unauthenticated, Trouble::Unknown)
        );
        assert_eq!(
            of(409, Media::Problem, None, &problem(kind::STALE_SEQUENCE)),
            Judged::Refused(Refusal::StaleSequence, Trouble::Stale)
        );
        assert_eq!(
            of(503, Media::Problem, Some(17), &problem("/problems/unavailable")),
            Judged::Failed(Some(17_000), Trouble::Slot)
        );
        assert_eq!(
            of(503, Media::Other, None, ""),
            Judged::Failed(None, Trouble::Busy)
        );
        assert_eq!(
            of(500, Media::Other, None, ""),
            Judged::Failed(None, Trouble::Status(500))
        );
        assert_eq!(
            of(200, Media::Other, None, "<p>"),
            Judged::Failed(None, Trouble::Garbled)
        );
        assert_eq!(
            of(401, Media::Other, None, "proxy"),
            Judged::Failed(None, Trouble::Status(401))
        );
    }
}
