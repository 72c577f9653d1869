//! Leaving the roll call for good.

use std::sync::Arc;

use rollcall_shared::problem::kind;
use tokio::sync::Notify;

use crate::home::{Home, text};
use crate::stub::{self, Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn uninstalling_says_goodbye_for_good_and_forgets_the_identity() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    let ran = stub.nth("register", 1).await;
    agent.kill().await;
    let before = stub.calls().len();

    let output = home.output(&["uninstall"]).await;
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stdout);
    assert!(
        said.contains(&stub::agent().to_string()) && said.contains("is retired"),
        "{said}"
    );
    let calls = stub.calls().split_off(before);
    let paths: Vec<&str> = calls.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(
        paths,
        ["register", "goodbye"],
        "only a boot that registered may say goodbye"
    );
    assert_eq!((calls[0].sequence(), calls[1].sequence()), (1, 2));
    assert_eq!(calls[0].boot(), calls[1].boot());
    assert_ne!(calls[0].boot(), ran.boot());
    assert_eq!(calls[1].body["kind"], "uninstall");

    // It does not come back: there is nobody left to be.
    assert!(!home.file("identity.json").exists());
    assert_eq!(home.output(&["run"]).await.status.code(), Some(5));
    assert_eq!(home.output(&["uninstall"]).await.status.code(), Some(5));
    assert_eq!(home.status().await.0["enrolled"], false);
    assert_eq!(stub.calls().len(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_runs_is_not_uninstalled() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    let output = home.output(&["uninstall"]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output.stderr).contains("stop it first"), "{output:?}");
    assert!(home.file("identity.json").exists());
    let before = stub.of("heartbeat").len();
    stub.nth("heartbeat", before + 2).await;
    assert!(stub.of("goodbye").is_empty());
    assert_eq!(stub.boots(), 1);
    drop(agent);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_found_to_have_been_a_yes() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let told = Arc::new(Notify::new());
    let lost = Scripted::Says(502, Vec::new(), "<h1>Bad gateway</h1>".to_owned());
    stub.script("goodbye", Scripted::After(Arc::clone(&told), Box::new(lost)));
    let (output, ()) = tokio::join!(home.output(&["uninstall"]), async {
        stub.nth("goodbye", 1).await;
        let retired = Scripted::Problem(401, kind::RETIRED, "This agent was retired.");
        stub.script("register", retired);
        told.notify_one();
    });
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output.stdout).contains("retired there before"),
        "{output:?}"
    );
    assert!(!home.file("identity.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_removed_where_the_server_does_not_know() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    for (scripted, code, words) in [
        (
            Scripted::Problem(401, kind::UNAUTHENTICATED, "Nobody by that name."),
            4,
            "Nobody by that name",
        ),
        (
            Scripted::Says(200, Vec::new(), "<h1>Hotel</h1>".to_owned()),
            1,
            "not a Rollcall server",
        ),
        (
            Scripted::Problem(503, "/problems/unavailable", "No database."),
            1,
            "No database",
        ),
    ] {
        stub.always(Some(scripted));
        let output = home.output(&["uninstall"]).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let said = text(&output.stderr);
        assert!(
            said.contains(words) && said.contains("Nothing was removed"),
            "{said}"
        );
        assert!(home.file("identity.json").exists());
    }
    stub.always(None);
    assert!(home.output(&["uninstall"]).await.status.success());
}
