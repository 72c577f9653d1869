//! What `serde_json` writes is read, and what it refuses is refused.

use rollcall_shared::console_api::{
    Agent, Availability, BlindReason, BlindSpan, LastContact, Page, Role, Session, SetupState, Token,
    TokenMade, Transition, VerificationOutcome, Verified,
};
use rollcall_shared::settings::LeaseKind;
use rollcall_shared::why::{
    Deadline, DeadlineSetBy, LeaseInForce, Loopback, Mapping, Match, Membership, Proof, Why,
};
use rollcall_shared::{
    AgentId, Cause, ContactKind, DomainId, FieldError, Problem, Reachability, Status, TransitionId, UserId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Unreadable, read};

fn reads_back<T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug>(value: &T) {
    assert_eq!(read(&serde_json::to_string(value).unwrap()).as_ref(), Ok(value));
    assert_eq!(
        read(&serde_json::to_string_pretty(value).unwrap()).as_ref(),
        Ok(value)
    );
}

fn why() -> Why {
    Why {
        agent: AgentId::from_bits(77),
        now_ms: 1_795_269_751_000,
        clock_ahead_ms: None,
        status: Status::UnreachableOnline,
        since_ms: -1,
        cause: Cause::Deadline { after_s: 3_600 },
        proofs: vec![Proof {
            path: ContactKind::Poll,
            at_ms: 5,
        }],
        lease: Some(LeaseInForce {
            kind: LeaseKind::Poll,
            lasts_s: 3_660,
            version: 3,
            applied: 2,
            newest: u32::MAX,
        }),
        deadline: Some(Deadline {
            at_ms: i64::MAX,
            set_by: DeadlineSetBy::ReturnWindow,
        }),
        network: Membership {
            reachability: Reachability::Unreachable,
            delivery: Reachability::Reachable,
            matched: Some(Match {
                address: "10.12.0.20".parse().unwrap(),
                range: "10.12.0.0/16".parse().unwrap(),
            }),
            own_address: None,
            observed_address: Some("2001:db8::1".parse().unwrap()),
        },
        loopback: Some(Loopback {
            mapping: Some(Mapping {
                address: "203.0.113.7".parse().unwrap(),
                port: 40_001,
                since_ms: 0,
            }),
            every_ms: None,
            is_overdue: true,
        }),
        verification: Some(Verified {
            agent: AgentId::from_bits(77),
            at_ms: 0,
            outcome: VerificationOutcome::NotTheAgent,
        }),
        rule: "“Polls”: \"every\" 30 min.\n\\ \u{1f600}".to_owned(),
        would_change: vec![String::new(), "Ein Häkchen".to_owned()],
    }
}

#[test]
fn every_answer_of_the_api_reads_back() {
    reads_back(&why());
    reads_back(&Why {
        proofs: Vec::new(),
        lease: None,
        deadline: None,
        verification: None,
        clock_ahead_ms: Some(-4),
        ..why()
    });
    reads_back(&Session {
        user: UserId::from_bits(3),
        name: "ada".to_owned(),
        role: Role::Operator,
        expires_at_ms: 0,
    });
    reads_back(&SetupState { needed: true });
    reads_back(&TokenMade {
        token: Token {
            id: 4,
            domain: DomainId(3),
            uses_left: 1,
            created_at_ms: 1,
            expires_at_ms: 2,
            revoked: false,
        },
        secret: "s".to_owned(),
        command: "rollcall-agent enroll --token 's'".to_owned(),
    });
    reads_back(&Agent {
        id: AgentId::from_bits(1),
        name: "sp-atm-0031".to_owned(),
        domain: DomainId::ROOT,
        status: Status::Pending,
        since_ms: 1,
        cause: Cause::Enrolled,
        last_contact: Some(LastContact {
            at_ms: 1,
            kind: ContactKind::Verification,
        }),
        address: None,
        platform: "Debian 12".to_owned(),
        agent_version: String::new(),
        applied: 0,
        retired_by: Some("ada".to_owned()),
    });
    reads_back(&Page {
        items: vec![Transition {
            id: TransitionId::from_bits(9),
            agent: AgentId::from_bits(1),
            name: "a".to_owned(),
            at_ms: 1,
            from: None,
            to: Status::Inactive,
            cause: Cause::Inactive { after_days: 30 },
        }],
        next: Some("9".to_owned()),
    });
    reads_back(&Availability {
        from_ms: 0,
        to_ms: 3,
        online_ms: 1,
        offline_ms: 1,
        unknown_ms: 1,
        blind: vec![BlindSpan {
            from_ms: 0,
            to_ms: 1,
            reason: BlindReason::Stalled,
        }],
    });
    reads_back(&Problem {
        kind: "/problems/invalid-body".to_owned(),
        title: "Refused".to_owned(),
        status: 422,
        detail: None,
        errors: vec![FieldError {
            field: "hours".to_owned(),
            detail: "Too many.".to_owned(),
            allowed: Some("1 to 8760".to_owned()),
            given: None,
        }],
    });
}

#[test]
fn what_is_not_known_is_passed_over() {
    let text = r#" { "items" : [ ], "later": {"a":[1,-2.5e3,{"b":"]}\""}],"c":null}, "more": true } "#;
    assert_eq!(read::<Page<Agent>>(text).unwrap().items, []);
    let deep = format!(
        r#"{{"items":[],"deep":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(read::<Page<Agent>>(&deep).is_ok());
}

#[test]
fn escapes_are_read_as_characters() {
    for (text, expected) in [
        (r#""""#, ""),
        (r#""a\"\\\/\b\f\n\r\tb""#, "a\"\\/\u{8}\u{c}\n\r\tb"),
        (r#""\u00e9\u20AC\ud83d\ude00""#, "é€😀"),
        (r#""x\u0041y""#, "xAy"),
    ] {
        assert_eq!(read::<String>(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    for text in [
        "",
        "{",
        "<html>",
        "null",
        "[]",
        "[1",
        r#"{"items""#,
        r#"{"items":[}"#,
        r#"{"items":[]"#,
        r#"{"items":[]} x"#,
        r#"{"items":[],}"#,
        r#"{"items":[] "next":null}"#,
        r#"{"items":[],"a":]}"#,
        r#"{"items":[],"a":[[]}"#,
        r#"{"next":null}"#,
        r#"{"items":[],"next":nul}"#,
        r#"{"items":[],"next":5}"#,
    ] {
        assert_eq!(read::<Page<Verified>>(text), Err(Unreadable), "{text}");
    }
    for text in [
        r#""\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\uzzzz""#,
        r#""\u00"#,
        r#""\x""#,
        "\"é\\",
        "\"\\u00é\"",
    ] {
        assert_eq!(read::<String>(text), Err(Unreadable), "{text}");
    }
    for text in ["4294967296", "-1", "1.5", "1e3", "true", "\"1\""] {
        assert_eq!(read::<u32>(text), Err(Unreadable), "{text}");
    }
    assert_eq!(read::<Status>("\"asleep\""), Err(Unreadable));
    assert_eq!(read::<bool>("truest"), Err(Unreadable));
    assert_eq!(
        read::<Status>("\"unreachable_online\""),
        Ok(Status::UnreachableOnline)
    );
}

/// Whatever one byte of an answer becomes, it is read or refused.
#[test]
fn no_text_makes_reading_panic() {
    let whole = serde_json::to_string(&why()).unwrap();
    for at in 0..whole.len() {
        for byte in *b"\"\\{}[],:u0n \x7f" {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = byte;
            drop(read::<Why>(&String::from_utf8_lossy(&bytes)));
        }
        drop(read::<Why>(&String::from_utf8_lossy(&whole.as_bytes()[..at])));
    }
}
