//! What of an answer counts, and what does not.

use hyper::StatusCode;
use hyper::body::Bytes;
use proptest::prelude::*;
use rollcall_shared::RegisterReason;

use super::*;

fn reply(status: u16, media_type: &str, body: &str) -> Reply {
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        media_type: media_type.to_owned(),
        retry_after_s: None,
        location: None,
        peer: ([127, 0, 0, 1], 1).into(),
        local: ([127, 0, 0, 1], 1).into(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

const REGISTERED: &str = r#"{"settings":{"heartbeat_every":10,"offline_after":60,"poll_every":30,"tomorrow":1},
    "settings_version":3,"minute_ms":2000,"observed_address":"192.0.2.7","reachability":"reachable",
    "next_in_ms":18000,"next_poll_in_ms":59000,"epoch":5,"later":true}"#;

fn lived() -> Living {
    Living::by(KnownSettings::default(), 2, 1_000)
}

#[test]
fn an_older_agent_understands_a_newer_servers_settings() {
    let reply = reply(200, "application/json", REGISTERED);
    let (answer, seen) = judge(Call::Register(RegisterReason::Start), &reply, lived(), |_| false).unwrap();
    assert_eq!(
        answer,
        Answer::Registered {
            next_in_ms: Some(18_000),
            next_poll_in_ms: 59_000,
            epoch_s: 5,
            settings_version: 3,
            contact_every_ms: 20_000
        }
    );
    let seen = seen.unwrap();
    assert_eq!(seen.observed_address.to_string(), "192.0.2.7");
    assert_eq!(seen.living.version(), 3);
}

#[test]
fn a_poll_without_settings_leaves_the_agent_with_those_that_it_has() {
    for (settings, version, contact_every_ms) in [
        ("", None, 600_000 / 60),
        (
            r#""settings":{"settings":{"heartbeat":false,"verify_every":4,"x":1},"version":9,"minute_ms":500},"#,
            Some(9),
            2_000,
        ),
    ] {
        let text = format!(
            r#"{{{settings}"observed_address":"192.0.2.7","reachability":"reachable","next_poll_in_ms":7,
            "epoch":5,"components":[]}}"#
        );
        let reply = reply(200, "application/json", &text);
        let (answer, seen) = judge(Call::Poll, &reply, lived(), |_| false).unwrap();
        assert_eq!(
            answer,
            Answer::Polled {
                next_in_ms: None,
                next_poll_in_ms: 7,
                epoch_s: 5,
                settings_version: version,
                contact_every_ms
            }
        );
        assert_eq!(seen.unwrap().living.version(), version.unwrap_or(2));
    }
}

#[test]
fn only_rollcalls_own_refusals_are_acted_on() {
    let body = |kind: &str| format!(r#"{{"type":"{kind}","title":"t","status":401}}"#);
    for (status, media_type, text, refusal) in [
        (
            401,
            problem::MEDIA_TYPE,
            body(kind::UNAUTHENTICATED),
            Some(Refusal::Unauthenticated),
        ),
        (
            410,
            problem::MEDIA_TYPE,
            body(kind::RETIRED),
            Some(Refusal::Retired),
        ),
        (
            409,
            problem::MEDIA_TYPE,
            body(kind::REGISTER_FIRST),
            Some(Refusal::RegisterFirst),
        ),
        (
            409,
            problem::MEDIA_TYPE,
            body(kind::STALE_SEQUENCE),
            Some(Refusal::StaleSequence),
        ),
        (401, "text/html", "<h1>Sign in</h1>".to_owned(), None),
        (401, "text/html", body(kind::UNAUTHENTICATED), None),
        (401, problem::MEDIA_TYPE, "{".to_owned(), None),
        (200, problem::MEDIA_TYPE, body(kind::UNAUTHENTICATED), None),
        (400, problem::MEDIA_TYPE, body(kind::INVALID), None),
        (200, "text/html", "<h1>Welcome</h1>".to_owned(), None),
        (302, "text/html", String::new(), None),
    ] {
        let rejection = judge(
            Call::Heartbeat,
            &reply(status, media_type, &text),
            lived(),
            |_| false,
        )
        .unwrap_err();
        assert_eq!(rejection.refusal(), refusal, "{status} {media_type} {text}");
    }
}

#[test]
fn a_problem_is_told_in_its_own_words_without_control_characters() {
    let text = r#"{"type":"/problems/invalid","title":"t","status":400,"detail":"The token\u001b[2J is used up.",
        "errors":[{"field":"token","detail":"It was used.","allowed":"a new one"}]}"#;
    let rejection = judge(
        Call::Heartbeat,
        &reply(400, problem::MEDIA_TYPE, text),
        lived(),
        |_| false,
    )
    .unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "the server refused: The token[2J is used up.; token: It was used. Allowed: a new one"
    );
}

proptest! {
    #[test]
    fn no_reply_makes_judging_panic(status in 100..=999_u16, media in 0..3_usize, body in ".{0,200}") {
        let media = ["application/json", problem::MEDIA_TYPE, "text/html"][media];
        let reply = reply(status, media, &body);
        for call in [Call::Register(RegisterReason::Start), Call::Heartbeat, Call::Poll, Call::Ack] {
            let _ = judge(call, &reply, lived(), |_| false).map_err(|rejection| rejection.to_string());
        }
    }
}
