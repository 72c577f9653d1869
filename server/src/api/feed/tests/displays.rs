//! A screen on a wall: what its token opens, what it does not, and when that ends.

use http::Method;
use rollcall_shared::feed::table::TABLE;
use rollcall_shared::feed::wall::ToWall;

use super::*;

const WALL: &str = "/api/v1/feed?show=wall";

/// Lets a screen in: its number, and the cookie that it has from then on.
async fn put_up(served: &Served, domain: i32) -> (i64, String) {
    let made = served
        .server
        .post("/api/v1/displays")
        .signed_in()
        .json(&json!({ "name": "left", "domain": domain }))
        .send()
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let entered = served
        .server
        .post("/api/v1/session/display")
        .json(&json!({ "token": made.json["secret"] }))
        .send()
        .await;
    assert_eq!(entered.status, StatusCode::CREATED, "{entered:?}");
    (made.json["display"]["id"].as_i64().unwrap(), entered.cookie())
}

impl Console {
    /// Reads until the first part of a picture: how many cells it has.
    async fn cells(&mut self) -> u32 {
        loop {
            let Some(Ok(Message::Binary(bytes))) = self.0.next().await else {
                panic!("no picture came")
            };
            if let ToWall::Picture { groups, .. } = postcard::from_bytes(&bytes).unwrap() {
                let runs = groups.iter().flat_map(|group| &group.runs);
                return runs.map(|(cells, _)| *cells).sum();
            }
        }
    }
}

#[tokio::test]
async fn a_screen_is_shown_the_wall_of_its_domain_until_it_is_revoked() {
    let served = Served::start().await;
    let agent = served.server.online("web-1").await;
    let berlin = served
        .server
        .post("/api/v1/domains")
        .signed_in()
        .json(&json!({ "name": "Berlin", "parent": 1 }))
        .send()
        .await;
    let berlin = i32::try_from(berlin.json["id"].as_i64().unwrap()).unwrap();
    let (all, all_cookie) = put_up(&served, 1).await;
    let (_, none_cookie) = put_up(&served, berlin).await;
    let mut whole = served
        .connect_to(WALL, &all_cookie, &served.origin())
        .await
        .unwrap();
    let mut empty = served
        .connect_to(WALL, &none_cookie, &served.origin())
        .await
        .unwrap();
    assert_eq!(whole.cells().await, 1);
    assert_eq!(empty.cells().await, 0);

    let revoked = served
        .server
        .ask(Method::DELETE, &format!("/api/v1/displays/{all}"))
        .signed_in()
        .send()
        .await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    // By the revocation, and not by the question that is asked again every 15 seconds.
    let closed = tokio::time::timeout(Duration::from_secs(10), whole.closed()).await;
    assert_eq!(closed, Ok(4401));
    let refused = served.connect_to(WALL, &all_cookie, &served.origin()).await;
    assert_eq!(refused.err(), Some(StatusCode::UNAUTHORIZED));
    // The other one goes on: it is told of who comes into its domain.
    let moved = served
        .server
        .post("/api/v1/agents/move")
        .signed_in()
        .json(&json!({ "agents": [agent.id], "domain": berlin }))
        .send()
        .await;
    assert_eq!(moved.status, 200, "{moved:?}");
    while empty.cells().await != 1 {}
}

#[tokio::test]
async fn a_screen_is_shown_no_other_feed_and_not_to_a_foreign_page() {
    let served = Served::start().await;
    let (_, cookie) = put_up(&served, 1).await;
    for path in [
        PATH.to_owned(),
        format!("{PATH}{ROLLOUTS}"),
        format!("{PATH}{STANDING}"),
        format!("{PATH}{TABLE}"),
    ] {
        let refused = served.connect_to(&path, &cookie, &served.origin()).await;
        assert_eq!(refused.err(), Some(StatusCode::FORBIDDEN), "{path}");
    }
    let foreign = served.connect_to(WALL, &cookie, "http://evil.example").await;
    assert_eq!(foreign.err(), Some(StatusCode::FORBIDDEN));
}
