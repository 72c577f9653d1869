//! Becoming an agent: once, whatever is lost on the way.

use nix::sys::signal::Signal;
use rollcall_shared::problem::kind;

use crate::home::{Agent, Home, finish, mode, text};
use crate::stub::{SECRET, Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn the_one_line_enrols_and_goes_on_to_run() {
    let (stub, home) = (Stub::start().await, Home::new());
    let line = ["enroll", "--server", &stub.url, "--token", "good", "--run"];
    let agent = Agent::start(home.command(&line));
    stub.nth("heartbeat", 1).await;
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
    assert!(said.contains("Enrolled as 000000"), "{said}");
    assert!(said.contains("Registered; next contact in"), "{said}");
    assert!(!said.contains(SECRET), "{said}");

    let agent = Agent::start(home.command(&line));
    stub.nth("register", 2).await;
    agent.signal(Signal::SIGINT);
    let (_, said) = agent.end().await;
    assert!(said.contains("Already enrolled as 000000"), "{said}");
    assert_eq!(stub.of("enroll").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_keeps_is_its_owners_alone() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    stub.nth("heartbeat", 1).await;
    assert_eq!(mode(&home.state()), 0o700);
    for name in ["identity.json", "status.json", "lock"] {
        assert_eq!(mode(&home.file(name)), 0o600, "{name}");
    }
    assert!(!home.file("enrolment.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_enrolment_answer_is_asked_for_again_with_the_same_key() {
    let (stub, home) = (Stub::start().await, Home::new());
    stub.script("enroll", Scripted::BreaksOff);
    stub.script(
        "enroll",
        Scripted::Says(503, vec![("retry-after", "1".to_owned())], String::new()),
    );
    home.enrol(&stub).await;
    let keys: Vec<_> = stub
        .of("enroll")
        .iter()
        .map(|call| call.body["key"].clone())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_was_killed_goes_on_with_the_same_key() {
    let (stub, home) = (Stub::start().await, Home::new());
    stub.script("enroll", Scripted::Hangs);
    let agent = Agent::start(home.command(&["enroll", "--server", &stub.url, "--token", "good"]));
    let first = stub.nth("enroll", 1).await;
    assert_eq!(mode(&home.file("enrolment.json")), 0o600);
    agent.kill().await;
    home.enrol(&stub).await;
    assert_eq!(stub.nth("enroll", 2).await.body["key"], first.body["key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_enrolment_that_was_retired_meanwhile_begins_anew() {
    let (stub, home) = (Stub::start().await, Home::new());
    stub.script("enroll", Scripted::Problem(401, kind::RETIRED, "Retired."));
    home.enrol(&stub).await;
    let keys: Vec<_> = stub
        .of("enroll")
        .iter()
        .map(|call| call.body["key"].clone())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_in_the_servers_words() {
    let (stub, home) = (Stub::start().await, Home::new());
    let output = home
        .output(&["enroll", "--server", &stub.url, "--token", "bad"])
        .await;
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(
        said.contains("This enrolment token is not known, or it was used up."),
        "{said}"
    );
    assert_eq!(stub.of("enroll").len(), 1);
    assert!(!home.file("identity.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_enrolled_elsewhere_is_not_enrolled_over() {
    let (stub, other, home) = (Stub::start().await, Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let output = home
        .output(&["enroll", "--server", &other.url, "--token", "good"])
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&stub.url), "{output:?}");
    assert!(other.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_beyond_this_machine_takes_being_told_twice() {
    let home = Home::new();
    // Reserved for documentation: nobody answers there, and nothing is sent where it is refused.
    let line = ["enroll", "--server", "http://192.0.2.1:1", "--token", "good"];
    let once = [&line[..], &["--allow-plain-http"]].concat();
    for arguments in [&line[..], &once[..]] {
        let output = home.output(arguments).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("not encrypted"), "{output:?}");
    }
    let mut only_environment = home.command(&line);
    only_environment.env("ROLLCALL_ALLOW_PLAIN_HTTP", "1");
    let output = finish(only_environment).await;
    assert!(text(&output.stderr).contains("not encrypted"), "{output:?}");
    assert!(!home.file("identity.json").exists());
}
