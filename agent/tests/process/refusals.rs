//! Doing what the server says when it says no.

use nix::sys::signal::Signal;
use rollcall_shared::problem::kind;

use crate::home::{Home, text};
use crate::stub::{Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_agent_stops_for_good_and_says_so() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    stub.script("heartbeat", Scripted::Problem(401, kind::RETIRED, "No."));
    let (status, log) = agent.end().await;
    assert_eq!(status.code(), Some(4), "{log}");
    assert!(log.contains("was retired"), "{log}");
    let (report, code) = home.status().await;
    assert_eq!((report["state"].as_str(), code), (Some("retired"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_the_server_does_not_know_waits_says_why_and_is_back_when_it_is_known_again() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    let first = stub.nth("heartbeat", 1).await;
    let refusal = Scripted::Problem(401, kind::UNAUTHENTICATED, "Nobody by that name.");
    stub.always(Some(refusal));
    let (report, code) = home.status_once("refused").await;
    assert_eq!((report["running"].as_bool(), code), (Some(true), 1), "{report}");
    let error = report["last_error"].as_str().unwrap();
    assert!(error.contains("Nobody by that name."), "{report}");
    let wait = report["next_contact"].as_u64().unwrap() - report["last_error_at"].as_u64().unwrap();
    assert!((25..=61).contains(&wait), "{report}");
    let said = text(&home.output(&["status"]).await.stdout);
    assert!(
        said.contains("the server does not know this agent") && said.contains("Nobody by that name."),
        "{said}"
    );

    let beats = stub.of("heartbeat").len();
    stub.always(None);
    agent.signal(Signal::SIGHUP);
    let again = stub.nth("register", 2).await;
    assert_eq!((again.reason(), again.boot()), ("reload", first.boot()));
    assert_eq!(stub.nth("heartbeat", beats + 1).await.boot(), first.boot());
    assert_eq!(home.status_once("in_contact").await.1, 0);
    agent.signal(Signal::SIGTERM);
    let (status, log) = agent.end().await;
    assert!(status.success(), "{log}");
    let told = "The server does not know this agent; asking again in ";
    assert_eq!(log.matches(told).count(), 1, "{log}");
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
