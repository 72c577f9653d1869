//! Who comes in, at every call of the document; and what is answered where there is no call.

use http::{Method, header};
use serde_json::{Value, json};

use super::{document, operations};
use crate::api::agent::testing::{Ask, ORIGIN, Server};

/// What needs no credential: whoever asks for one of these has none yet.
const OPEN: [(&str, &str); 5] = [
    ("post", "/api/agent/v1/enroll"),
    ("post", "/api/v1/setup"),
    ("get", "/api/v1/setup"),
    ("post", "/api/v1/session"),
    ("post", "/api/v1/session/display"),
];

/// Signing out is done, whoever asks.
const SIGN_OUT: (&str, &str) = ("delete", "/api/v1/session");

async fn closed(server: &Server) -> impl Iterator<Item = (Method, String)> {
    operations(&document(server).await)
        .into_iter()
        .filter(|(verb, path, _)| {
            let call = (verb.as_str(), path.as_str());
            call != SIGN_OUT && !OPEN.contains(&call)
        })
        .map(|(verb, path, _)| (verb.to_ascii_uppercase().parse().unwrap(), path))
}

#[tokio::test]
async fn without_a_credential_nothing_else_is_answered() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    let session = "A".repeat(43);
    for (method, path) in closed(&server).await {
        let path = path.replace("{id}", &agent.id);
        let ask = || server.ask(method.clone(), &path).json(&json!({}));
        let by_cookie = |cookie: &str| ask().header("origin", ORIGIN).header("cookie", cookie);
        let mut table: Vec<Ask<'_>> = vec![
            ask(),
            by_cookie(""),
            by_cookie("rollcall_session="),
            by_cookie(&format!("rollcall_session={session}")),
            by_cookie(&format!("__Host-{}", server.cookie)),
            by_cookie(&server.cookie.to_uppercase()),
            by_cookie(&format!("{}x", server.cookie)),
            by_cookie(&"x=y; ".repeat(1_000)),
        ];
        if path.starts_with("/api/agent/") {
            table.push(by_cookie(&server.cookie));
        } else {
            table.push(ask().header("authorization", &agent.credential()));
        }
        for ask in table {
            let answer = ask.send().await;
            answer.refused(401, "/problems/unauthenticated");
            assert!(!answer.text.contains(&session), "{answer:?}");
        }
    }
}

/// What a screen on a wall may ask.
const WALLS: [(&str, &str); 4] = [
    ("get", "/api/v1/feed"),
    ("get", "/api/v1/presence/hour"),
    ("get", "/api/v1/session/display"),
    ("get", "/api/v1/status"),
];

#[tokio::test]
async fn a_display_is_answered_about_the_wall_and_nothing_else() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    let made = server
        .post("/api/v1/displays")
        .signed_in()
        .json(&json!({ "name": "left" }))
        .send()
        .await;
    let entered = server
        .post("/api/v1/session/display")
        .json(&json!({ "token": made.json["secret"] }))
        .send()
        .await;
    let cookie = entered.cookie();
    let mut asked = 0;
    for (method, path) in closed(&server).await {
        let verb = method.as_str().to_ascii_lowercase();
        let of_the_wall = WALLS.contains(&(verb.as_str(), path.as_str()));
        let path = path.replace("{id}", &agent.id);
        let answer = server
            .ask(method, &path)
            .header("origin", ORIGIN)
            .header("cookie", &cookie)
            .json(&json!({}))
            .send()
            .await;
        if !of_the_wall {
            answer.refused(401, "/problems/unauthenticated");
        } else if path == "/api/v1/feed" {
            answer.refused(403, "/problems/forbidden");
        } else {
            assert_eq!(answer.status, 200, "{path} {answer:?}");
        }
        asked += usize::from(of_the_wall);
    }
    assert_eq!(asked, WALLS.len());
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let server = Server::start().await;
    for (verb, path, _) in operations(&document(&server).await) {
        if path.starts_with("/api/agent/") || verb == "get" {
            continue;
        }
        let method: Method = verb.to_ascii_uppercase().parse().unwrap();
        let path = path.replace("{id}", "1");
        for origin in ["https://evil.example", "null", "http://roll.example.evil", ""] {
            let answer = server
                .ask(method.clone(), &path)
                .header("cookie", &server.cookie)
                .header("origin", origin)
                .json(&json!({}))
                .send()
                .await;
            answer.refused(403, "/problems/forbidden");
        }
    }
    server.read("/api/v1/session").await;
}

#[tokio::test]
async fn where_there_is_no_call_there_is_a_problem() {
    let server = Server::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/agents/",
        "/api/v2/agents",
        "/api/agent/v1/",
        "/api/agent/v1/nothing",
        "/api/v1/agents/0000000000001/nothing",
        "/api/v1/../../etc/passwd",
        "/api/%00",
        "/api/%ff",
        &format!("/api/{}", "x".repeat(10_000)),
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = server.ask(method, path).signed_in().send().await;
            answer.refused(404, "/problems/not-found");
            assert!(answer.text.len() < 500, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn another_method_is_refused_and_the_right_ones_are_named() {
    let server = Server::start().await;
    let mut paths: Vec<(String, Vec<String>)> = Vec::new();
    for (verb, path, _) in operations(&document(&server).await) {
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, verbs)) => verbs.push(verb),
            None => paths.push((path, vec![verb])),
        }
    }
    for (path, verbs) in paths {
        for method in ["get", "post", "put", "patch", "delete", "trace", "brew"] {
            if verbs.iter().any(|verb| verb == method) {
                continue;
            }
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            let path = path.replace("{id}", "1");
            let answer = server.ask(method.clone(), &path).signed_in().send().await;
            answer.refused(405, "/problems/method-not-allowed");
            let allowed = answer.headers[header::ALLOW]
                .to_str()
                .unwrap()
                .to_ascii_lowercase();
            for verb in &verbs {
                assert!(allowed.contains(verb.as_str()), "{path} {allowed}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_the_console_is_its_index() {
    let server = Server::start().await;
    for path in [
        "/",
        "/setup",
        "/agents",
        "/agents/0000000000001",
        "/wall?q=x",
        "/any/thing",
    ] {
        let answer = server.get(path).header("accept", "text/html").send().await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(answer.text.contains("<!"), "{path} {}", answer.text);
        assert_eq!(answer.json, Value::Null);
    }
    for path in ["/nothing.js", "/.env", "/a/b.wasm"] {
        let answer = server.get(path).header("accept", "*/*").send().await;
        answer.refused(404, "/problems/not-found");
    }
    server
        .post("/agents")
        .send()
        .await
        .refused(405, "/problems/method-not-allowed");
}
