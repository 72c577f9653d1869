//! Components as people bring, list and withdraw them.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Method;
use http_body_util::StreamBody;
use hyper::body::Frame;
use rollcall_shared::console_api::Role;
use serde_json::{Value, json};

use super::upload;
use crate::api::agent::testing::{Answer, Server};
use crate::components::files::Files;

const PATH: &str = "/api/v1/components";
/// The SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_DIGEST: &str = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";

async fn put(server: &Server, which: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut ask = server
        .ask(Method::PUT, &format!("{PATH}/{which}"))
        .signed_in()
        .header("content-type", "application/octet-stream");
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.body(body).send().await
}

fn files(server: &Server) -> usize {
    std::fs::read_dir(server.config.data.join("components"))
        .unwrap()
        .count()
}

fn sources(version: &str, size: u64) -> Value {
    json!({ "name": "av", "version": version, "size": size, "sha256": ABC, "sources": ["https://m.example/av"] })
}

#[tokio::test]
async fn an_upload_is_the_current_version_with_who_brought_it_and_why() {
    let server = Server::start().await;
    let made = put(
        &server,
        "av/versions/1.0?note=%20first%20",
        &[("repr-digest", ABC_DIGEST)],
        "abc",
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let since = made.json["created_at_ms"].as_i64().unwrap();
    assert_eq!(
        made.json,
        json!({
            "name": "av", "version": "1.0", "size": 3, "sha256": ABC, "stored": true, "note": "first",
            "author": "ada", "created_at_ms": since, "current_since_ms": since
        })
    );
    let again = put(&server, "av/versions/1.0", &[], "abc").await;
    assert_eq!((again.status.as_u16(), &again.json), (200, &made.json));
    let newer = put(
        &server,
        &format!("av/versions/1.1?sha256={}", sha("abcd")),
        &[],
        "abcd",
    )
    .await;
    assert_eq!(newer.status, 201, "{newer:?}");
    assert_eq!(server.read(PATH).await, json!({ "items": [newer.json] }));
    let versions = server.read(&format!("{PATH}/av/versions?limit=1")).await;
    assert_eq!(
        (&versions["items"][0]["version"], &versions["next"]),
        (&json!("1.1"), &json!("1.1"))
    );
    let rest = server
        .read(&format!("{PATH}/av/versions?limit=1&after=1.1"))
        .await;
    assert_eq!(
        (&rest["items"][0]["version"], &rest["next"]),
        (&json!("1.0"), &json!(null))
    );
    assert_eq!(rest["items"][0]["current_since_ms"], json!(null));
    assert_eq!(
        server.read(&format!("{PATH}/none/versions")).await,
        json!({ "items": [] })
    );
    let back = format!("{PATH}/av/versions/1.0/current");
    let back = server.post(&back).signed_in().send().await;
    assert_eq!(
        (back.status.as_u16(), &back.json["version"]),
        (200, &json!("1.0"))
    );
    assert_eq!(server.read(PATH).await["items"][0]["version"], "1.0");
}

fn sha(text: &str) -> String {
    crate::api::hex::of(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}

#[tokio::test]
async fn other_bytes_than_were_named_are_refused_and_leave_nothing() {
    let server = Server::start().await;
    let wrong = "0".repeat(64);
    for (which, headers, fields) in [
        (format!("av/versions/1?sha256={wrong}"), &[][..], vec!["sha256"]),
        (
            "av/versions/1".to_owned(),
            &[("repr-digest", ABC_DIGEST)][..],
            vec!["Repr-Digest"],
        ),
        (
            format!("av/versions/1?sha256={wrong}"),
            &[("repr-digest", ABC_DIGEST)][..],
            vec!["sha256", "Repr-Digest"],
        ),
        (
            "av/versions/1".to_owned(),
            &[("repr-digest", "sha-256=:AAAA:")][..],
            vec!["Repr-Digest"],
        ),
        ("av/versions/1?sha256=12".to_owned(), &[][..], vec!["sha256"]),
        ("av/versions/1?sha=12".to_owned(), &[][..], vec!["sha"]),
        ("av/versions/current".to_owned(), &[][..], vec!["version"]),
        ("A/versions/1".to_owned(), &[][..], vec!["name"]),
        (
            format!("av/versions/1?note={}", "x".repeat(201)),
            &[][..],
            vec!["note"],
        ),
        (
            "av/versions/1?note=%E2%80%AEtxt.exe".to_owned(),
            &[][..],
            vec!["note"],
        ),
    ] {
        let refused = put(&server, &which, headers, "other").await;
        assert_eq!(refused.refused(422, "/problems/invalid"), fields, "{which}");
    }
    // A digest of another kind says nothing to us.
    let made = put(
        &server,
        "av/versions/1",
        &[("repr-digest", "sha-512=:AAAA:")],
        "abc",
    )
    .await;
    assert_eq!(made.status, 201);
    let taken = put(&server, "av/versions/1", &[], "abd").await;
    taken.refused(409, "/problems/version-taken");
    assert!(taken.json["detail"].as_str().unwrap().contains(ABC), "{taken:?}");
    let early = put(&server, "av/versions/1", &[("content-length", "7")], "seven..").await;
    early.refused(409, "/problems/version-taken");
    put(&server, "av/versions/2", &[], "")
        .await
        .refused(400, "/problems/empty");
    assert_eq!(files(&server), 1);
}

#[tokio::test]
async fn more_bytes_than_are_taken_are_refused_with_the_limit_and_early_where_they_are_announced() {
    let server = Server::with(&["--component-limit", "1KiB"]).await;
    assert_eq!(
        put(&server, "av/versions/1", &[], vec![7; 1024]).await.status,
        201
    );
    let endless =
        futures_util::stream::repeat_with(|| Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[7; 100]))));
    let refused = put(&server, "av/versions/2", &[], Body::new(StreamBody::new(endless))).await;
    refused.refused(413, "/problems/too-large");
    assert!(
        refused.json["detail"].as_str().unwrap().contains("1024 bytes"),
        "{refused:?}"
    );
    let never = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let early = put(
        &server,
        "av/versions/2",
        &[("content-length", "1025")],
        Body::new(never),
    )
    .await;
    early.refused(413, "/problems/too-large");
    assert_eq!(files(&server), 1);
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_take_long_but_not_stall_or_break_off() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path().join("components")).await.unwrap();
    // Longer than any other request may take, and with pauses.
    let slow = futures_util::stream::iter(0..60).then(|_| async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"x")))
    });
    let body = Body::new(StreamBody::new(slow));
    let whole = upload::receive(&files, 1_000, body).await.unwrap();
    assert_eq!(whole.size, 60);
    let begun =
        || futures_util::stream::iter([Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"x")))]);
    let stalled = Body::new(StreamBody::new(begun().chain(futures_util::stream::pending())));
    let refusal = upload::receive(&files, 1_000, stalled).await.unwrap_err();
    assert_eq!(refusal.into_response().status(), 408);
    let broken = futures_util::stream::iter([Err(std::io::ErrorKind::ConnectionReset.into())]);
    let broken = Body::new(StreamBody::new(begun().chain(broken)));
    let refusal = upload::receive(&files, 1_000, broken).await.unwrap_err();
    assert_eq!(refusal.into_response().status(), 400);
    drop(whole);
    assert_eq!(
        std::fs::read_dir(folder.path().join("components"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn sources_are_named_with_what_the_bytes_must_be() {
    let server = Server::start().await;
    let post = |body: Value| server.post(PATH).signed_in().json(&body).send();
    let made = post(sources("1", 3)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        (&made.json["stored"], &made.json["sources"][0]),
        (&json!(false), &json!("https://m.example/av"))
    );
    assert_eq!(post(sources("1", 3)).await.status, 200);
    post(sources("1", 4))
        .await
        .refused(409, "/problems/version-taken");
    let both = put(&server, "av/versions/1", &[], "abc").await;
    assert_eq!((both.status.as_u16(), &both.json["stored"]), (200, &json!(true)));
    assert_eq!(both.json["sources"], made.json["sources"]);
    for (field, value, named) in [
        ("size", json!(0), "size"),
        ("size", json!(1_u64 << 31), "size"),
        ("sources", json!([]), "sources"),
        ("sources", json!(vec!["https://a.example/f"; 5]), "sources"),
        ("sources", json!(["http://a.example/f"]), "sources[0]"),
        (
            "sources",
            json!(["https://a.example/f", "ftp://a.example/f"]),
            "sources[1]",
        ),
        ("sources", json!(["https://u:p@a.example/f"]), "sources[0]"),
        ("sha256", json!("12"), "sha256"),
        ("name", json!("../x"), "name"),
        ("version", json!("current"), "version"),
        ("note", json!("x".repeat(201)), "note"),
    ] {
        let mut body = sources("2", 3);
        body[field] = value.clone();
        let refused = post(body).await;
        assert_eq!(
            refused.refused(422, "/problems/invalid"),
            [named],
            "{field} {value}"
        );
    }
    let mut own = sources("2", 3);
    own["sources"] = json!(["http://127.0.0.1:9/f"]);
    assert_eq!(
        post(own).await.status,
        201,
        "a mirror on the agent's own machine needs no TLS"
    );
}

#[tokio::test]
async fn what_is_withdrawn_is_listed_as_such_and_the_same_bytes_bring_it_back() {
    let server = Server::start().await;
    put(&server, "av/versions/1", &[], "abc").await;
    let path = format!("{PATH}/av/versions/1");
    for _ in 0..2 {
        let gone = server.ask(Method::DELETE, &path).signed_in().send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
    }
    assert_eq!(server.read(PATH).await, json!({ "items": [] }));
    let versions = server.read(&format!("{PATH}/av/versions")).await;
    assert!(versions["items"][0]["withdrawn_at_ms"].is_i64(), "{versions}");
    assert_eq!(files(&server), 0);
    let current = format!("{path}/current");
    let refused = server.post(&current).signed_in().send().await;
    refused.refused(409, "/problems/version-withdrawn");
    put(&server, "av/versions/1", &[], "abd")
        .await
        .refused(409, "/problems/version-taken");
    assert_eq!(put(&server, "av/versions/1", &[], "abc").await.status, 201);
    for (method, path) in [
        (Method::DELETE, "av/versions/9"),
        (Method::POST, "av/versions/9/current"),
    ] {
        let answer = server
            .ask(method, &format!("{PATH}/{path}"))
            .signed_in()
            .send()
            .await;
        answer.refused(404, "/problems/not-found");
    }
}

#[tokio::test]
async fn only_an_admin_hands_out_components_and_everybody_sees_them() {
    for role in [Role::Operator, Role::Viewer] {
        let server = Server::of(role).await;
        put(&server, "av/versions/1", &[], "abc")
            .await
            .refused(403, "/problems/forbidden");
        for (method, path) in [
            (Method::DELETE, "/av/versions/1"),
            (Method::POST, "/av/versions/1/current"),
            (Method::POST, ""),
        ] {
            let ask = server.ask(method, &format!("{PATH}{path}")).signed_in();
            ask.json(&sources("1", 3))
                .send()
                .await
                .refused(403, "/problems/forbidden");
        }
        assert_eq!(server.read(PATH).await, json!({ "items": [] }));
        server.read(&format!("{PATH}/av/versions")).await;
    }
}

#[tokio::test]
async fn components_are_there_after_a_restart() {
    let server = Server::on_file(&[]).await;
    put(&server, "av/versions/1", &[], "abc").await;
    let before = server.read(PATH).await;
    let server = server.restart().await;
    assert_eq!(server.read(PATH).await, before);
}

#[tokio::test]
async fn news_of_a_version_goes_to_every_agent_and_how_far_it_got_is_shown() {
    let server = Server::start().await;
    let (mut one, mut old) = (server.online("web-1").await, server.online("old-1").await);
    put(&server, "av/versions/1", &[], "abc").await;
    let states = async || -> Vec<u64> {
        let rollout = server.read("/api/v1/rollouts/component.av.1").await;
        ["queued", "delivered", "applied", "failed"]
            .map(|state| rollout[state].as_u64().unwrap())
            .to_vec()
    };
    assert_eq!(states().await, [2, 0, 0, 0]);
    assert_eq!(one.heartbeat(&server).await.json["poll_now"], true);
    let mut with = one.fence();
    with["components"] = json!([]);
    let offered = one.say(&server, "poll", &with).await;
    assert_eq!(offered.json["components"][0]["name"], "av");
    assert_eq!(states().await, [1, 1, 0, 0]);
    assert_eq!(one.heartbeat(&server).await.json["poll_now"], false, "it knows");
    // An agent that knows no components is not asked for ever.
    assert_eq!(old.heartbeat(&server).await.json["poll_now"], true);
    old.poll(&server).await;
    assert_eq!(states().await, [0, 1, 0, 1]);
    assert_eq!(old.heartbeat(&server).await.json["poll_now"], false);
    let mut ack = one.fence();
    ack["outcome"] = json!("failed");
    ack["detail"] = json!("the hook ended with exit status: 7");
    one.say(&server, "notifications/component.av.1/ack", &ack).await;
    assert_eq!(states().await, [0, 0, 0, 2]);
    let mut ack = one.fence();
    ack["outcome"] = json!("applied");
    one.say(&server, "notifications/component.av.1/ack", &ack).await;
    assert_eq!(states().await, [0, 0, 1, 1]);

    put(&server, "av/versions/2", &[], "abcd").await;
    let of_one = server
        .read(&format!("/api/v1/agents/{}/notifications", one.id))
        .await;
    let two = &of_one["items"][0];
    assert_eq!(
        (&two["subject"], &two["state"]),
        (&json!("component.av.2"), &json!("queued"))
    );
    // An acknowledgement that was lost is made up for by the next poll.
    let mut with = one.fence();
    with["components"] = json!([{ "name": "av", "version": "2" }]);
    one.say(&server, "poll", &with).await;
    let rollout = server.read("/api/v1/rollouts/component.av.2").await;
    assert_eq!((&rollout["applied"], &rollout["queued"]), (&json!(1), &json!(1)));
    let gone = server
        .ask(Method::DELETE, &format!("{PATH}/av/versions/2"))
        .signed_in()
        .send()
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        old.heartbeat(&server).await.json["poll_now"],
        false,
        "nothing waits any more"
    );
}
