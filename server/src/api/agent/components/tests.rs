//! Downloads as agents make them.

use http::StatusCode;
use rollcall_shared::problem::kind;
use serde_json::json;

use super::places::Downloads;
use crate::api::agent::testing::{Answer, Server, TestAgent};
use crate::clock::Clock;

/// Longer than one chunk, and every byte at its place.
fn bytes() -> Vec<u8> {
    (0..300_000_u32)
        .map(|at| u8::try_from(at % 127).unwrap())
        .collect()
}

async fn upload(server: &Server, name: &str, version: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/v1/components/{name}/versions/{version}");
    let ask = server.ask(http::Method::PUT, &path).signed_in();
    ask.header("content-type", "application/octet-stream")
        .body(bytes)
        .send()
        .await
}

async fn download(server: &Server, agent: &TestAgent, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut ask = server
        .get(&format!("/api/agent/v1/components/{path}"))
        .header("authorization", &agent.credential());
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.send().await
}

#[tokio::test]
async fn a_component_comes_whole_or_from_where_it_was_cut_off() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    let text = String::from_utf8(bytes()).unwrap();
    let made = upload(&server, "av", "1.0", bytes()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let whole = download(&server, &agent, "av/1.0", &[]).await;
    let tag = whole.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", made.json["sha256"].as_str().unwrap()));
    assert_eq!(whole.headers["content-length"], "300000");
    assert!(whole.status == 200 && whole.text == text);
    for (range, if_range, first, last) in [
        ("bytes=0-", &tag, 0, 299_999),
        ("bytes=131072-", &tag, 131_072, 299_999),
        ("bytes=299999-", &tag, 299_999, 299_999),
        ("bytes=7-400000", &tag, 7, 299_999),
        ("bytes=7-9", &tag, 7, 9),
    ] {
        let part = download(
            &server,
            &agent,
            "av/1.0",
            &[("range", range), ("if-range", if_range)],
        )
        .await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(
            part.headers["content-range"],
            format!("bytes {first}-{last}/300000")
        );
        assert!(part.text == text[first..=last], "{range}");
    }
    let other = [("range", "bytes=7-"), ("if-range", "\"other\"")];
    let other = download(&server, &agent, "av/1.0", &other).await;
    assert!(
        other.status == 200 && other.text == text,
        "the part is of other bytes"
    );
    let beyond = download(&server, &agent, "av/1.0", &[("range", "bytes=300000-")]).await;
    beyond.refused(416, "/problems/no-such-part");
    assert_eq!(beyond.headers["content-range"], "bytes */300000");
}

#[tokio::test]
async fn a_poll_offers_what_is_current_to_those_who_lack_it() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    upload(&server, "av", "1.0", vec![1]).await;
    upload(&server, "av", "2.0", vec![2, 2]).await;
    assert_eq!(
        agent.poll(&server).await.json["components"],
        json!(null),
        "it is of an older release"
    );
    let mut with = agent.fence();
    with["components"] = json!([]);
    let offered = agent.say(&server, "poll", &with).await.json["components"].take();
    assert_eq!(offered[0]["version"], "2.0");
    assert_eq!(
        (&offered[0]["size"], offered.as_array().unwrap().len()),
        (&json!(2), 1)
    );
    assert!(offered[0]["sha256"].as_str().unwrap().len() == 64);
    let mut with = agent.fence();
    with["components"] = json!([{ "name": "av", "version": "2.0" }, { "name": "gone", "version": "9" }]);
    assert_eq!(
        agent.say(&server, "poll", &with).await.json["components"],
        json!(null)
    );
    let mut with = agent.fence();
    with["components"] = (0..65)
        .map(|n| json!({ "name": format!("c{n}"), "version": "1" }))
        .collect();
    let fields = agent.say(&server, "poll", &with).await;
    assert_eq!(fields.refused(422, kind::INVALID), ["components"]);
    let mut with = agent.fence();
    with["components"] = json!([{ "name": "../../etc", "version": "1" }]);
    let refused = agent.say(&server, "poll", &with).await;
    assert_eq!(refused.refused(422, kind::INVALID), ["components[0].name"]);
}

#[tokio::test]
async fn what_is_not_here_is_not_given_and_nothing_to_strangers() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    upload(&server, "av", "1.0", vec![1]).await;
    for path in ["av/2.0", "zip/1.0"] {
        download(&server, &agent, path, &[])
            .await
            .refused(404, "/problems/not-found");
    }
    for path in ["av/current", "av/..%2f..%2fserver.key", "AV/1.0"] {
        download(&server, &agent, path, &[])
            .await
            .refused(422, kind::INVALID);
    }
    let stranger = server.get("/api/agent/v1/components/av/1.0").send().await;
    stranger.refused(401, kind::UNAUTHENTICATED);
    let person = server
        .get("/api/agent/v1/components/av/1.0")
        .signed_in()
        .send()
        .await;
    person.refused(401, kind::UNAUTHENTICATED);
    let path = "/api/v1/components/av/versions/1.0";
    let gone = server.ask(http::Method::DELETE, path).signed_in().send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    download(&server, &agent, "av/1.0", &[])
        .await
        .refused(404, "/problems/not-found");
}

#[tokio::test]
async fn who_finds_no_place_is_told_when_to_come_and_heartbeats_pass() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    upload(&server, "av", "1.0", bytes()).await;
    let places: Vec<_> = (0..32)
        .map(|_| {
            server
                .backend
                .app
                .downloads
                .take(server.backend.app.clock)
                .unwrap()
        })
        .collect();
    let refused = download(&server, &agent, "av/1.0", &[]).await;
    refused.refused(503, kind::SLOW_DOWN);
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1);
    assert_eq!(agent.heartbeat(&server).await.status, 200);
    drop(places);
    assert_eq!(download(&server, &agent, "av/1.0", &[]).await.status, 200);
}

#[test]
fn a_place_is_free_again_when_its_download_ends() {
    let (downloads, clock) = (Downloads::of(1), Clock::start());
    let place = downloads.take(clock).unwrap();
    assert!(downloads.take(clock).is_err());
    drop(place);
    assert!(downloads.take(clock).is_ok());
}
