//! Screens that are let in, by the real routes.

use http::{StatusCode, header};
use rollcall_shared::DomainId;
use rollcall_shared::console_api::Role;
use serde_json::{Value, json};

use crate::api::session::testing::{Answer, MINUTE_MS, PASSWORD, Server};

const PATH: &str = "/api/v1/displays";
const OWN: &str = "/api/v1/session/display";

async fn made(server: &Server, cookie: &str, name: &str) -> (i64, String) {
    let made = server.post(PATH, cookie, &json!({ "name": name })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.json["display"]["id"].as_i64().unwrap();
    (id, made.json["secret"].as_str().unwrap().to_owned())
}

async fn listed(server: &Server, cookie: &str) -> Vec<Value> {
    server.get(PATH, cookie).await.json["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_screen_comes_in_by_its_token_until_it_is_revoked() {
    for role in [Role::Admin, Role::Operator] {
        let server = Server::with_ada(role).await;
        let cookie = server.signed_in().await;
        let (id, token) = made(&server, &cookie, " NOC, left ").await;
        assert!(token.starts_with("rcd_") && token.len() == 47, "{token}");
        let entered = server.post(OWN, "", &json!({ "token": token })).await;
        assert_eq!(entered.status, StatusCode::CREATED, "{entered:?}");
        assert_eq!(
            entered.json,
            json!({ "name": "NOC, left", "domain": 1, "domain_name": "All" })
        );
        assert_eq!(entered.headers[header::CACHE_CONTROL], "no-store");
        let display = entered.cookie();
        assert!(display.starts_with("rollcall_display=rcd_"), "{display}");
        let own = server.get(OWN, &display).await;
        assert_eq!((own.status, own.json), (StatusCode::OK, entered.json));
        assert!(
            own.headers.contains_key(header::SET_COOKIE),
            "the cookie lasts from now on"
        );

        assert_eq!(
            server.delete(&format!("{PATH}/{id}"), &cookie).await.status,
            StatusCode::NO_CONTENT
        );
        server.get(OWN, &display).await.refused(401);
        server
            .post(OWN, "", &json!({ "token": token }))
            .await
            .refused(401);
        server.delete(&format!("{PATH}/{id}"), &cookie).await.refused(404);
        assert_eq!(listed(&server, &cookie).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn the_list_tells_when_a_screen_was_last_seen_and_no_token() {
    let server = Server::with_ada(Role::Admin).await;
    let cookie = server.signed_in().await;
    made(&server, &cookie, "left").await;
    let (_, token) = made(&server, &cookie, "right").await;
    let before = listed(&server, &cookie).await;
    let names: Vec<_> = before.iter().map(|display| display["name"].clone()).collect();
    assert_eq!(names, ["right", "left"], "newest first");
    assert!(!before[0].to_string().contains("rcd_") && before[0].get("last_seen_ms").is_none());

    server.post(OWN, "", &json!({ "token": token })).await;
    let first = listed(&server, &cookie).await[0]["last_seen_ms"]
        .as_i64()
        .unwrap();
    for (passed, later) in [(MINUTE_MS, 0), (4 * MINUTE_MS, 5 * MINUTE_MS)] {
        server.pass(passed);
        server.post(OWN, "", &json!({ "token": token })).await;
        let seen = listed(&server, &cookie).await[0]["last_seen_ms"]
            .as_i64()
            .unwrap();
        assert_eq!(seen - first, later);
    }
}

#[tokio::test]
async fn a_field_that_cannot_be_used_is_named() {
    let server = Server::with_ada(Role::Admin).await;
    let cookie = server.signed_in().await;
    for (body, fields) in [
        (json!({}), ["name"]),
        (json!({ "name": "" }), ["name"]),
        (json!({ "name": "a\nb" }), ["name"]),
        (json!({ "name": "x".repeat(65) }), ["name"]),
        (json!({ "name": "left", "domain": 7 }), ["domain"]),
        (json!({ "name": "left", "domain": 0 }), ["domain"]),
        (json!({ "name": "left", "uses": 1 }), ["uses"]),
    ] {
        assert_eq!(
            server.post(PATH, &cookie, &body).await.refused(422),
            fields,
            "{body}"
        );
    }
    for token in ["", "rcd_", "rct_abc", &"x".repeat(5_000)] {
        assert_eq!(
            server
                .post(OWN, "", &json!({ "token": token }))
                .await
                .refused(422),
            ["token"]
        );
    }
}

#[tokio::test]
async fn who_may_not_put_up_displays_is_told() {
    let server = Server::with_ada(Role::Viewer).await;
    let cookie = server.signed_in().await;
    let refused = server.post(PATH, &cookie, &json!({ "name": "left" })).await;
    refused.refused(403);
    assert_eq!(refused.json["detail"], "A viewer may not put up displays.");
    server.get(PATH, &cookie).await.refused(403);
    server.delete(&format!("{PATH}/1"), &cookie).await.refused(403);
    for cookie in ["", "rollcall_display=rcd_x"] {
        server
            .post(PATH, cookie, &json!({ "name": "left" }))
            .await
            .refused(401);
        server.get(PATH, cookie).await.refused(401);
        server.get(OWN, cookie).await.refused(401);
        server.delete(&format!("{PATH}/1"), cookie).await.refused(401);
    }
}

#[tokio::test]
async fn a_domain_that_a_screen_shows_is_not_deleted() {
    let server = Server::with_ada(Role::Admin).await;
    let cookie = server.signed_in().await;
    let domains = server.people.store().domains();
    let berlin = domains.create("Berlin", DomainId::ROOT).await.unwrap();
    let made = server
        .post(PATH, &cookie, &json!({ "name": "left", "domain": berlin.id }))
        .await;
    let id = made.json["display"]["id"].as_i64().unwrap();
    assert!(domains.delete(berlin.id, 0).await.is_err());
    server.delete(&format!("{PATH}/{id}"), &cookie).await;
    assert_eq!(domains.delete(berlin.id, 0).await.unwrap(), DomainId::ROOT);
}

#[tokio::test]
async fn a_browser_is_a_person_or_a_display_and_not_both() {
    let server = Server::with_ada(Role::Admin).await;
    let cookie = server.signed_in().await;
    let (_, token) = made(&server, &cookie, "left").await;
    let entered = server.post(OWN, &cookie, &json!({ "token": token })).await;
    let sets = |answer: &Answer| -> Vec<String> {
        let all = answer.headers.get_all(header::SET_COOKIE).iter();
        all.map(|set| {
            set.to_str()
                .unwrap()
                .split(['=', ';'])
                .take(2)
                .collect::<Vec<_>>()
                .join("=")
        })
        .collect()
    };
    assert_eq!(
        sets(&entered),
        [
            format!("rollcall_display={token}"),
            "rollcall_session=".to_owned()
        ]
    );
    server.get("/api/v1/session", &cookie).await.refused(401);

    let sign_in = json!({ "name": "ada", "password": PASSWORD });
    let signed_in = server.post("/api/v1/session", &entered.cookie(), &sign_in).await;
    assert_eq!(sets(&signed_in)[1], "rollcall_display=");
    let signed_out = server.delete("/api/v1/session", &signed_in.cookie()).await;
    assert_eq!(sets(&signed_out), ["rollcall_session=", "rollcall_display="]);
}

#[tokio::test]
async fn a_screen_may_look_at_the_wall_and_is_nobody() {
    let server = Server::with_ada(Role::Admin).await;
    let cookie = server.signed_in().await;
    let (_, token) = made(&server, &cookie, "left").await;
    let display = server.post(OWN, "", &json!({ "token": token })).await.cookie();
    server.get("/api/v1/session", &display).await.refused(401);
    server.get(PATH, &display).await.refused(401);
    server.get("/api/v1/tokens", &display).await.refused(401);
}
