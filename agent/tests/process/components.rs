//! Installing components, also from places that mean harm.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ring::digest::{SHA256, digest};
use rollcall_shared::agent_api::Offer;
use rollcall_shared::{Sha256, SourceUrl};
use serde_json::{Value, json};

use crate::home::{Agent, Home, text};
use crate::place::{Place, answer, whole};
use crate::stub::{PATIENCE, Stub};

const OLD: &[u8] = b"the old bytes";

/// More than what is written at once.
fn bytes() -> Vec<u8> {
    (0..700_000_u32)
        .map(|at| u8::try_from(at * 7 % 251).unwrap())
        .collect()
}

fn offer(version: &str, bytes: &[u8], sources: &[&SourceUrl]) -> Offer {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Offer {
        name: "av".parse().unwrap(),
        version: version.parse().unwrap(),
        size: u64::try_from(bytes.len()).unwrap(),
        sha256: Sha256::from_bytes(sha256),
        sources: sources.iter().map(|source| (*source).clone()).collect(),
    }
}

fn current(home: &Home) -> Option<Vec<u8>> {
    fs::read(home.file("components/av/current")).ok()
}

/// Offers this to the agent, which learns of it at its next heartbeat.
fn hand_out(stub: &Stub, offer: Offer) {
    stub.dictate(|ways| {
        ways.components = vec![offer];
        ways.poll_now = true;
        ways.next_in_ms = Some(300);
    });
}

/// What the agent says became of the version.
async fn acknowledged(stub: &Stub, version: &str, outcome: &str) -> Value {
    let subject = format!("component.av.{version}");
    let is_it = |body: &Value| body["subject"] == json!(subject) && body["outcome"] == json!(outcome);
    let calls = stub
        .wait_for(&format!("{subject} is {outcome}"), |calls| {
            calls.iter().any(|call| call.path == "ack" && is_it(&call.body))
        })
        .await;
    calls
        .into_iter()
        .find(|call| call.path == "ack" && is_it(&call.body))
        .unwrap()
        .body
}

/// An agent with the old version in place.
async fn installed(stub: &Stub, home: &Home, arguments: &[&str]) -> Agent {
    home.enrol(stub).await;
    let place = Place::answering([whole(OLD)]).await;
    hand_out(stub, offer("1", OLD, &[&place.source]));
    let mut all = vec!["run"];
    all.extend(arguments);
    let agent = Agent::start(home.command(&all));
    acknowledged(stub, "1", "applied").await;
    assert_eq!(current(home).unwrap(), OLD);
    agent
}

fn hook(folder: &Path, script: &str) {
    let path = folder.join("av");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_fetched_swapped_in_told_to_the_hook_and_reported() {
    let (stub, home, hooks) = (Stub::start().await, Home::new(), tempfile::tempdir().unwrap());
    hook(
        hooks.path(),
        "cp \"$ROLLCALL_COMPONENT_PATH\" \"$(dirname \"$0\")/seen-$ROLLCALL_COMPONENT_VERSION\"",
    );
    let arguments = ["--hooks", hooks.path().to_str().unwrap()];
    let agent = installed(&stub, &home, &arguments).await;
    let place = Place::answering([whole(&bytes())]).await;
    hand_out(&stub, offer("2", &bytes(), &[&place.source]));
    acknowledged(&stub, "2", "applied").await;
    assert!(current(&home).unwrap() == bytes());
    assert!(fs::read(hooks.path().join("seen-2")).unwrap() == bytes());
    assert_eq!(fs::read(hooks.path().join("seen-1")).unwrap(), OLD);
    let request = &place.requests()[0];
    assert!(request.starts_with("GET /dist/av?x=1 HTTP/1.1\r\n"), "{request}");
    assert!(!request.to_lowercase().contains("authorization"), "{request}");
    let mut names: Vec<_> = fs::read_dir(home.file("components/av"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["2", "current"],
        "what was before is gone once the hook succeeded"
    );
    let polls = stub.of("poll").len();
    stub.nth("poll", polls + 1).await;
    let (report, _) = home.status().await;
    assert_eq!(report["components"], json!([{ "name": "av", "installed": "2" }]));
    let shown = text(&home.output(&["status"]).await.stdout);
    assert!(shown.contains("Component av: 2"), "{shown}");
    // It is known after a restart, and not asked for again.
    agent.kill().await;
    let _agent = home.run();
    let polls = stub.of("poll").len();
    let poll = stub.nth("poll", polls + 2).await;
    assert_eq!(poll.body["components"], json!([{ "name": "av", "version": "2" }]));
    assert_eq!(place.requests().len(), 1);
    assert_eq!(stub.of("ack").len(), 2, "each outcome is told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_place_makes_up_is_never_swapped_in_and_the_next_place_is_asked() {
    let right = bytes();
    let size = right.len();
    let mut wrong = right.clone();
    wrong[size / 2] ^= 1;
    let half = &right[..size / 2];
    let cut_then = |second: Vec<u8>| vec![answer("200 OK", &format!("content-length: {size}"), half), second];
    let moved = "location: http://127.0.0.1:1/elsewhere\r\ncontent-length: 0";
    let mut cases = tokio::task::JoinSet::new();
    for (what, answers) in [
        ("other bytes of the same length", vec![whole(&wrong)]),
        ("fewer bytes", vec![whole(half)]),
        ("more bytes", vec![whole(&[&right[..], b"and more"].concat())]),
        (
            "more bytes than it says",
            vec![answer(
                "200 OK",
                "connection: close",
                &[&right[..], b"and more"].concat(),
            )],
        ),
        ("a redirect", vec![answer("302 Found", moved, b"")]),
        (
            "a page",
            vec![answer(
                "200 OK",
                "content-type: text/html\r\ncontent-length: 6",
                b"<html>",
            )],
        ),
        ("nothing", vec![answer("404 Not Found", "content-length: 0", b"")]),
        ("no HTTP", vec![b"\x16\x03\x01 what?\r\n\r\n".to_vec()]),
        (
            "a compressed file",
            vec![answer(
                "200 OK",
                "content-encoding: gzip\r\nconnection: close",
                b"\x1f\x8b",
            )],
        ),
        (
            "the wrong half",
            cut_then(answer(
                "206 Partial Content",
                &format!(
                    "content-range: bytes 0-{}/{size}\r\ncontent-length: {}",
                    half.len() - 1,
                    half.len()
                ),
                half,
            )),
        ),
        (
            "a half of something longer",
            cut_then(answer(
                "206 Partial Content",
                &format!(
                    "content-range: bytes {}-{}/{}\r\ncontent-length: 5",
                    half.len(),
                    half.len() + 4,
                    size + 5
                ),
                b"12345",
            )),
        ),
        (
            "another half",
            cut_then(answer(
                "206 Partial Content",
                &format!(
                    "content-range: bytes {}-{}/{size}\r\ncontent-length: {}",
                    half.len(),
                    size - 1,
                    size - half.len()
                ),
                &wrong[half.len()..],
            )),
        ),
        (
            "no such half",
            cut_then(answer(
                "416 Range Not Satisfiable",
                &format!("content-range: bytes */{size}\r\ncontent-length: 0"),
                b"",
            )),
        ),
    ] {
        cases.spawn(made_up(what, answers));
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

async fn made_up(what: &'static str, answers: Vec<Vec<u8>>) {
    let (stub, home, right) = (Stub::start().await, Home::new(), bytes());
    let _agent = installed(&stub, &home, &[]).await;
    let hostile = Place::answering(answers).await;
    let busy = answer(
        "503 Service Unavailable",
        "retry-after: 0\r\ncontent-length: 0",
        b"",
    );
    let good = Place::answering([busy]).await;
    hand_out(&stub, offer("2", &right, &[&hostile.source, &good.source]));
    good.asked(1).await;
    assert_eq!(current(&home).unwrap(), OLD, "{what}");
    good.answer(whole(&right));
    acknowledged(&stub, "2", "applied").await;
    assert!(current(&home).unwrap() == right, "{what}");
    assert!(!hostile.requests().is_empty(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_new_asks_for_what_was_handed_out_before_it_was_there() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let place = Place::answering([whole(OLD)]).await;
    stub.dictate(|ways| ways.components = vec![offer("1", OLD, &[&place.source])]);
    let agent = home.run();
    acknowledged(&stub, "1", "applied").await;
    assert_eq!(stub.of("poll").len(), 1, "nobody told it to poll");
    agent.kill().await;
    let beats = stub.of("heartbeat").len();
    let _agent = home.run();
    stub.nth("heartbeat", beats + 2).await;
    assert_eq!(stub.of("poll").len(), 1, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_is_reported_with_the_reason_and_the_old_version_stays() {
    let (stub, home) = (Stub::start().await, Home::new());
    let _agent = installed(&stub, &home, &[]).await;
    let place = Place::answering([answer("410 Gone", "content-length: 0", b"")]).await;
    hand_out(&stub, offer("2", &bytes(), &[&place.source]));
    let told = acknowledged(&stub, "2", "failed").await;
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("it has no such file"), "{detail}");
    assert_eq!(current(&home).unwrap(), OLD);
    let (report, _) = home.status().await;
    assert_eq!(report["components"][0]["installed"], "1", "{report}");
    assert_eq!(report["components"][0]["wanted"], "2", "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_was_cut_off_goes_on_where_it_was_also_after_a_restart() {
    let (stub, home) = (Stub::start().await, Home::new());
    let agent = installed(&stub, &home, &[]).await;
    let right = bytes();
    let size = right.len();
    let third = 300_000;
    let part = |from: usize, to: usize| {
        let headers = format!(
            "content-range: bytes {from}-{}/{size}\r\ncontent-length: {}",
            size - 1,
            size - from
        );
        answer("206 Partial Content", &headers, &right[from..to])
    };
    let first = answer("200 OK", &format!("content-length: {size}"), &right[..third]);
    let place = Place::answering([first, part(third, 2 * third), part(2 * third, 2 * third)]).await;
    hand_out(&stub, offer("2", &right, &[&place.source]));
    let requests = place.asked(3).await;
    let range = |at: usize| {
        requests[at]
            .to_lowercase()
            .lines()
            .find(|line| line.starts_with("range:"))
            .map(str::to_owned)
    };
    assert_eq!(range(0), None);
    assert_eq!(range(1).unwrap(), format!("range: bytes={third}-"));
    assert_eq!(range(2).unwrap(), format!("range: bytes={}-", 2 * third));
    // The server takes it to be under way, and asks for nothing.
    stub.dictate(|ways| ways.poll_now = false);
    agent.kill().await;
    let before = place.requests().len();
    place.answer(part(2 * third, size));
    let _agent = home.run();
    acknowledged(&stub, "2", "applied").await;
    assert!(current(&home).unwrap() == right);
    let last = place.requests().last().unwrap().to_lowercase();
    assert!(
        place.requests().len() > before && last.contains(&format!("range: bytes={}-", 2 * third)),
        "{last}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_fails_brings_the_old_version_back_until_it_is_mended() {
    let (stub, home, hooks) = (Stub::start().await, Home::new(), tempfile::tempdir().unwrap());
    let arguments = ["--hooks", hooks.path().to_str().unwrap()];
    let _agent = installed(&stub, &home, &arguments).await;
    hook(hooks.path(), "echo no such service >&2; exit 7");
    let place = Place::answering([whole(&bytes())]).await;
    hand_out(&stub, offer("2", &bytes(), &[&place.source]));
    let told = acknowledged(&stub, "2", "failed").await;
    let detail = told["detail"].as_str().unwrap();
    assert!(
        detail.contains("exit status: 7") && detail.contains("no such service"),
        "{detail}"
    );
    assert_eq!(current(&home).unwrap(), OLD);
    hook(hooks.path(), "exit 0");
    assert!(home.output(&["poll"]).await.status.success());
    acknowledged(&stub, "2", "applied").await;
    assert!(current(&home).unwrap() == bytes());
    assert_eq!(
        place.requests().len(),
        1,
        "what was verified is not fetched again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_under_way_is_not_stopped_by_something_newer() {
    let (stub, home, hooks) = (Stub::start().await, Home::new(), tempfile::tempdir().unwrap());
    let arguments = ["--hooks", hooks.path().to_str().unwrap()];
    let _agent = installed(&stub, &home, &arguments).await;
    hook(
        hooks.path(),
        "echo $ROLLCALL_COMPONENT_VERSION >> \"$0.ran\"; until [ -e \"$0.go\" ]; do sleep 0.05; done; \
         echo done >> \"$0.ran\"",
    );
    let ran = || fs::read_to_string(hooks.path().join("av.ran")).unwrap_or_default();
    let place = Place::answering([whole(&bytes())]).await;
    hand_out(&stub, offer("2", &bytes(), &[&place.source]));
    tokio::time::timeout(PATIENCE, async {
        while ran().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let newer = Place::answering([whole(b"newer")]).await;
    hand_out(&stub, offer("3", b"newer", &[&newer.source]));
    let polls = stub.of("poll").len();
    stub.nth("poll", polls + 2).await;
    assert_eq!(ran(), "2\n");
    fs::write(hooks.path().join("av.go"), "").unwrap();
    acknowledged(&stub, "3", "applied").await;
    assert_eq!(ran(), "2\ndone\n3\ndone\n");
    assert_eq!(current(&home).unwrap(), b"newer");
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_go_on_beside_a_download_and_its_hook() {
    let (stub, home, hooks) = (Stub::start().await, Home::new(), tempfile::tempdir().unwrap());
    let arguments = ["--hooks", hooks.path().to_str().unwrap()];
    let _agent = installed(&stub, &home, &arguments).await;
    hook(hooks.path(), "until [ -e \"$0.go\" ]; do sleep 0.05; done");
    let place = Place::answering([whole(&bytes())]).await;
    hand_out(&stub, offer("2", &bytes(), &[&place.source]));
    place.asked(1).await;
    let beats = stub.of("heartbeat").len();
    stub.nth("heartbeat", beats + 3).await;
    assert_eq!(stub.of("ack").len(), 1, "the hook has not ended");
    fs::write(hooks.path().join("av.go"), "").unwrap();
    acknowledged(&stub, "2", "applied").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_after_components_from_elsewhere() {
    let (stub, home) = (Stub::start().await, Home::new());
    let _agent = installed(&stub, &home, &[]).await;
    let busy = answer(
        "503 Service Unavailable",
        "retry-after: 0\r\ncontent-length: 0",
        b"",
    );
    let place = Place::answering([busy]).await;
    // Both at once: a poll in between would bring the settings alone.
    stub.dictate(|ways| {
        ways.version = 2;
        ways.components = vec![offer("2", &bytes(), &[&place.source])];
    });
    place.asked(3).await;
    let calls = stub.calls();
    assert!(
        calls.iter().all(|call| call.body["applied"] != json!(2)),
        "{calls:#?}"
    );
    place.answer(whole(&bytes()));
    let told = acknowledged(&stub, "2", "applied").await;
    assert_eq!(told["applied"], 1);
    stub.wait_for("the settings are applied", |calls| {
        calls.iter().any(|call| call.body["applied"] == json!(2))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_beyond_this_machine_without_tls_is_not_asked() {
    let (stub, home) = (Stub::start().await, Home::new());
    let _agent = installed(&stub, &home, &[]).await;
    let plain: SourceUrl = "http://192.0.2.1/av".parse().unwrap();
    hand_out(&stub, offer("2", &bytes(), &[&plain]));
    let told = acknowledged(&stub, "2", "failed").await;
    assert!(told["detail"].is_string(), "{told}");
    assert_eq!(current(&home).unwrap(), OLD);
    let quiet = tokio::time::timeout(PATIENCE, home.output(&["status"]))
        .await
        .unwrap();
    assert!(text(&quiet.stdout).contains("2 to be installed"), "{quiet:?}");
}
