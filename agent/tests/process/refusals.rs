//! Doing what the server says when it says no.

use rollcall_shared::problem::kind;

use crate::home::Home;
use crate::stub::{Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_retired_agent_stops_for_good_and_says_so() {
    for (status, kind, said) in [
        (401, kind::UNAUTHENTICATED, "does not know this agent"),
        (410, kind::RETIRED, "was retired"),
    ] {
        let (stub, home) = (Stub::start().await, Home::new());
        home.enrol(&stub).await;
        let agent = home.run();
        stub.nth("heartbeat", 1).await;
        stub.script("heartbeat", Scripted::Problem(status, kind, "No."));
        let (status, log) = agent.end().await;
        assert_eq!(status.code(), Some(4), "{log}");
        assert!(log.contains(said), "{log}");
        let (report, code) = home.status().await;
        assert_eq!((report["state"].as_str(), code), (Some("refused"), 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_409_makes_it_register_again_and_then_as_a_new_boot() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    let first = stub.nth("register", 1).await;
    stub.script(
        "heartbeat",
        Scripted::Problem(409, kind::REGISTER_FIRST, "Register."),
    );
    let again = stub.nth("register", 2).await;
    assert_eq!((again.boot(), again.reason()), (first.boot(), "reload"));

    stub.script(
        "heartbeat",
        Scripted::Problem(409, kind::REGISTER_FIRST, "Register."),
    );
    stub.script(
        "register",
        Scripted::Problem(409, kind::REGISTER_FIRST, "Superseded."),
    );
    let renewed = stub.nth("register", 4).await;
    assert_ne!(renewed.boot(), first.boot());
    assert_eq!(renewed.sequence(), 1);
    let calls = stub.wait_for("a beat of the new boot", |calls| {
        calls
            .last()
            .is_some_and(|call| call.path == "heartbeat" && call.boot() == renewed.boot())
    });
    calls.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stale_sequence_it_goes_on_with_the_next_of_the_same_boot() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    stub.nth("heartbeat", 1).await;
    stub.script(
        "heartbeat",
        Scripted::Problem(409, kind::STALE_SEQUENCE, "Stale."),
    );
    stub.nth("heartbeat", 5).await;
    assert_eq!(stub.boots(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_left_alone_as_long_as_it_says() {
    for busy in [
        Scripted::Says(503, vec![("retry-after", "2".to_owned())], "busy".to_owned()),
        Scripted::Says(
            429,
            vec![
                ("retry-after", "2".to_owned()),
                ("content-type", "application/problem+json".to_owned()),
            ],
            format!(
                r#"{{"type":"{}","title":"Slow down","status":429}}"#,
                kind::SLOW_DOWN
            ),
        ),
    ] {
        let (stub, home) = (Stub::start().await, Home::new());
        home.enrol(&stub).await;
        let _agent = home.run();
        stub.script("heartbeat", busy);
        let (refused, next) = stub.scripted_and_next("heartbeat").await;
        let pause = next.at - refused.at;
        assert!(pause.as_millis() >= 2_000, "{pause:?}");
    }
}
