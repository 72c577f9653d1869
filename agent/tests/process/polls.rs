//! Asking for what is new.

use nix::sys::signal::Signal;

use crate::home::{Agent, Home, text};
use crate::stub::Stub;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_heartbeats_polls_by_itself() {
    let (stub, home) = (Stub::start().await, Home::new());
    stub.dictate(|ways| {
        ways.settings.heartbeat = false;
        ways.next_in_ms = None;
        ways.next_poll_in_ms = 300;
    });
    home.enrol(&stub).await;
    let _agent = home.run();
    let poll = stub.nth("poll", 3).await;
    assert_eq!(poll.body["applied"], 1);
    assert!(stub.of("heartbeat").is_empty());
    let (report, code) = home.status().await;
    assert_eq!(code, 0, "{report}");
    assert!(report["last_poll"].is_u64(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_settings_are_fetched_by_a_poll_applied_and_reported_across_a_restart() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    home.knows_of_no_components();
    let agent = home.run();
    let first = stub.nth("heartbeat", 1).await;
    assert_eq!(first.body["applied"], 1);
    assert!(stub.of("poll").is_empty());
    stub.dictate(|ways| {
        ways.version = 2;
        ways.settings.heartbeat = false;
        ways.next_in_ms = None;
        ways.next_poll_in_ms = 300;
    });
    assert_eq!(stub.nth("poll", 1).await.body["applied"], 1);
    assert_eq!(stub.nth("poll", 2).await.body["applied"], 2);
    let beats = stub.of("heartbeat").len();
    stub.nth("poll", 4).await;
    assert_eq!(stub.of("heartbeat").len(), beats, "heartbeats were switched off");
    assert_eq!(stub.of("register").len(), 1, "new settings need no register");
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
    assert!(
        said.contains("Applied settings version 2: sends no heartbeat"),
        "{said}"
    );

    let _agent = home.run();
    assert_eq!(stub.nth("register", 2).await.body["applied"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_poll_now_it_does() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    stub.nth("heartbeat", 1).await;
    stub.dictate(|ways| ways.poll_now = true);
    stub.nth("poll", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_agent_is_asked_to_poll_and_without_one_that_is_said() {
    let (stub, home) = (Stub::start().await, Home::new());
    let nobody = home.output(&["poll"]).await;
    assert_eq!(nobody.status.code(), Some(5), "{nobody:?}");
    home.enrol(&stub).await;
    let absent = home.output(&["poll"]).await;
    assert_eq!(absent.status.code(), Some(1), "{absent:?}");
    assert!(text(&absent.stderr).contains("no agent runs"), "{absent:?}");

    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    let asked = home.output(&["poll"]).await;
    assert!(asked.status.success(), "{asked:?}");
    let said = text(&asked.stdout);
    assert!(said.contains(&format!("process {}", agent.pid())), "{said}");
    stub.nth("poll", 1).await;
    assert_eq!(stub.boots(), 1);

    agent.kill().await;
    let gone = home.output(&["poll"]).await;
    assert!(text(&gone.stderr).contains("no agent runs"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_just_starting_is_not_ended_by_being_asked() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = Agent::start(home.command(&["run"]));
    // Until it has its handlers it does not say which process it is; then it is asked.
    let asked = async { while !home.output(&["poll"]).await.status.success() {} };
    tokio::time::timeout(crate::stub::PATIENCE, asked).await.unwrap();
    stub.nth("heartbeat", 1).await;
    agent.signal(Signal::SIGTERM);
    assert!(agent.end().await.0.success());
}
