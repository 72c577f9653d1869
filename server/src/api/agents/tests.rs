//! The agents as people are shown them: pages, one agent, and retirement.

use http::{Method, StatusCode};
use rollcall_shared::console_api::Role;
use serde_json::{Value, json};

use crate::api::agent::testing::Server;

const NOBODY: &str = "0000000000001";

fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| agent["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let server = Server::start().await;
    assert_eq!(server.read("/api/v1/agents").await, json!({ "items": [] }));
    for number in 0..7 {
        server.agent(&format!("web-{number}")).await;
    }
    let whole = server.read("/api/v1/agents").await;
    assert_eq!(whole["next"], Value::Null);
    let all = ids(&whole);
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted(), "{all:?}");
    for size in [1, 2, 3, 6, 7, 8, 1000] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/agents?limit={size}");
        loop {
            let page = server.read(&path).await;
            let part = ids(&page);
            assert!(part.len() <= size, "{size}");
            seen.extend(part);
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/agents?limit={size}&after={next}");
        }
        assert_eq!(seen, all, "{size} a page");
    }
}

#[tokio::test]
async fn parameters_that_cannot_be_used_are_named() {
    let server = Server::start().await;
    for (path, field) in [
        ("/api/v1/agents?limit=0", "limit"),
        ("/api/v1/agents?limit=1001", "limit"),
        ("/api/v1/agents?limit=-1", "limit"),
        ("/api/v1/agents?limit=NaN", "limit"),
        ("/api/v1/agents?limit=1e400", "limit"),
        ("/api/v1/agents?limit=99999999999999999999999", "limit"),
        ("/api/v1/agents?after=x", "after"),
        ("/api/v1/agents?after=zzzzzzzzzzzzz", "after"),
        ("/api/v1/agents?after=%00", "after"),
        ("/api/v1/agents?after=%ff%fe", "after"),
        ("/api/v1/agents?after='%3B%20DROP%20TABLE%20agents", "after"),
        ("/api/v1/transitions?limit=0", "limit"),
        ("/api/v1/transitions?before=x", "before"),
        ("/api/v1/transitions?agent=../../x", "agent"),
    ] {
        let answer = server.get(path).signed_in().send().await;
        let fields = answer.refused(422, "/problems/invalid");
        assert_eq!(fields, [field], "{path}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_one_of_nobody_is_not_found() {
    let server = Server::start().await;
    let agent = server.agent("web-1").await;
    for (method, end) in [(Method::GET, ""), (Method::POST, "/retire")] {
        for id in ["x", "%00", "%ff", "zzzzzzzzzzzzz", "..", &"0".repeat(5_000)] {
            let path = format!("/api/v1/agents/{id}{end}");
            let answer = server.ask(method.clone(), &path).signed_in().send().await;
            assert!(
                [404, 422].contains(&answer.status.as_u16()),
                "{path:.60} {answer:?}"
            );
            answer.problem();
            assert!(answer.text.len() < 1_000, "{answer:?}");
        }
        let path = format!("/api/v1/agents/{NOBODY}{end}");
        let answer = server.ask(method, &path).signed_in().send().await;
        answer.refused(404, "/problems/not-found");
    }
    // People read ids aloud and write them in capitals.
    let path = format!("/api/v1/agents/{}", agent.id.to_uppercase());
    assert_eq!(server.read(&path).await["id"], agent.id);
}

#[tokio::test]
async fn a_retired_agent_stays_on_the_list_and_is_retired_once() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    for _ in 0..3 {
        assert_eq!(server.retire(&agent).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(server.status_of(&agent).await, "retired");
    assert_eq!(ids(&server.read("/api/v1/agents").await), [agent.id.as_str()]);
    let history = server.history_of(&agent, 3).await;
    assert_eq!(history.len(), 3, "{history:?}");
    assert_eq!(
        (&history[0]["to"], &history[0]["cause"]),
        (&json!("retired"), &json!("retired"))
    );
}

#[tokio::test]
async fn an_agent_that_was_never_heard_can_be_retired() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    assert_eq!(server.retire(&agent).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.status_of(&agent).await, "retired");
    agent.register(&server).await.refused(401, "/problems/retired");
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    let server = Server::of(Role::Viewer).await;
    for path in ["/api/v1/agents", "/api/v1/transitions", "/api/v1/settings"] {
        server.read(path).await;
    }
    let path = format!("/api/v1/agents/{NOBODY}/retire");
    let answer = server.post(&path).signed_in().send().await;
    answer.refused(403, "/problems/forbidden");
    assert_eq!(answer.json["detail"], "A viewer may not manage agents.");
    for ask in [
        server.get("/api/v1/tokens"),
        server
            .post("/api/v1/tokens")
            .json(&json!({ "uses": 1, "hours": 1 })),
        server.ask(Method::DELETE, "/api/v1/tokens/1"),
    ] {
        let answer = ask.signed_in().send().await;
        answer.refused(403, "/problems/forbidden");
        assert_eq!(answer.json["detail"], "A viewer may not enrol agents.");
    }
}

#[tokio::test]
async fn an_operator_enrols_and_retires() {
    let server = Server::of(Role::Operator).await;
    let agent = server.online("web-1").await;
    assert_eq!(server.retire(&agent).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn rule_13_why_names_proofs_lease_deadline_and_what_would_change_it() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    assert_eq!(
        server
            .save(&json!({ "unreachable_network": ["10.12.0.0/16"] }))
            .await
            .status,
        200
    );
    agent.heartbeat(&server).await;
    let why = server.read(&format!("/api/v1/agents/{}/why", agent.id)).await;
    assert_eq!(
        (&why["status"], &why["cause"]),
        (&json!("unreachable_online"), &json!("settings.2"))
    );
    let paths: Vec<_> = why["proofs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proof| &proof["path"])
        .collect();
    assert_eq!(paths, ["heartbeat", "register"]);
    assert_eq!(
        why["lease"],
        json!({ "kind": "heartbeat", "lasts_s": 3600, "version": 2, "applied": 1, "newest": 2 })
    );
    let left = why["deadline"]["at_ms"].as_i64().unwrap() - why["now_ms"].as_i64().unwrap();
    assert!((3_590_000..=3_600_100).contains(&left), "{left}");
    assert_eq!(why["deadline"]["set_by"], "lease");
    assert_eq!(
        why["network"]["matched"],
        json!({ "address": "10.12.0.20", "range": "10.12.0.0/16" })
    );
    assert_eq!(
        why["network"]["delivery"], "reachable",
        "it does not know the range yet"
    );
    assert!(why["would_change"].as_array().unwrap().len() >= 3, "{why}");
    let pending = server.agent("web-2").await;
    let why = server.read(&format!("/api/v1/agents/{}/why", pending.id)).await;
    assert_eq!((&why["lease"], &why["deadline"]), (&json!(null), &json!(null)));
    server
        .get("/api/v1/agents/0000000000001/why")
        .signed_in()
        .send()
        .await
        .refused(404, "/problems/not-found");
}

#[tokio::test]
async fn rule_6_availability_adds_up_and_the_servers_absence_is_unknown() {
    let server = Server::on_file(&[]).await;
    let agent = server.online("web-1").await;
    let server = server.restart().await;
    let path = |to: i64| format!("/api/v1/agents/{}/availability?from_ms=0&to_ms={to}", agent.id);
    let year: i64 = 30_000_000_000;
    let refused = server.get(&path(i64::MAX)).signed_in().send().await;
    assert_eq!(refused.refused(422, "/problems/invalid"), ["to_ms"]);
    let now = server.backend.app.clock.wall_ms();
    let of_late = format!(
        "/api/v1/agents/{}/availability?from_ms={}&to_ms={now}",
        agent.id,
        now - year
    );
    server.backend.app.journal.durable().await;
    let shares = server.read(&of_late).await;
    let share = |name: &str| shares[name].as_i64().unwrap();
    assert_eq!(
        share("online_ms") + share("offline_ms") + share("unknown_ms"),
        share("to_ms") - share("from_ms")
    );
    let blind: i64 = shares["blind"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| span["to_ms"].as_i64().unwrap() - span["from_ms"].as_i64().unwrap())
        .sum();
    assert!(
        share("unknown_ms") > 0 && share("unknown_ms") <= blind,
        "{shares}"
    );
    assert_eq!(shares["blind"][0]["reason"], "away");
}

#[tokio::test]
async fn the_time_before_it_was_first_heard_is_no_part_of_its_availability() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let id = agent.id.clone();
    let shares = async || {
        server.backend.app.journal.durable().await;
        let now = server.backend.app.clock.wall_ms();
        let from = now - 1_000_000;
        let path = format!("/api/v1/agents/{id}/availability?from_ms={from}&to_ms={now}");
        server.read(&path).await
    };
    let pending = shares().await;
    assert_eq!(
        (&pending["online_ms"], &pending["offline_ms"]),
        (&json!(0), &json!(0))
    );
    agent.register(&server).await;
    let online = shares().await;
    assert_eq!(online["offline_ms"], 0, "{online}");
}

/// The timeline of an agent from so long ago until now.
async fn timeline(server: &Server, id: &str, from: i64, to: i64) -> Value {
    server.backend.app.journal.durable().await;
    let path = format!("/api/v1/agents/{id}/timeline?from_ms={from}&to_ms={to}");
    server.read(&path).await
}

#[tokio::test]
async fn rule_6_a_timeline_covers_the_period_and_the_servers_absence_is_unknown() {
    let server = Server::on_file(&[]).await;
    let mut agent = server.online("web-1").await;
    let id = agent.id.clone();
    let server = server.restart().await;
    agent.register(&server).await;
    agent.goodbye(&server, "stop").await;
    let now = server.backend.app.clock.wall_ms();
    let (from, to) = (now - 1_000_000, now + 5_000_000);
    let told = timeline(&server, &id, from, to).await;

    let spans = told["spans"].as_array().unwrap();
    assert_eq!(spans[0]["from_ms"], told["from_ms"]);
    assert_eq!(spans.last().unwrap()["to_ms"], told["to_ms"]);
    for two in spans.windows(2) {
        assert_eq!(two[0]["to_ms"], two[1]["from_ms"], "{told}");
        assert_ne!(two[0]["was"], two[1]["was"]);
    }
    assert_eq!(spans[0]["was"], "online");
    assert!(spans.iter().any(|span| span["was"] == "unknown"), "{told}");

    // Asked up to a moment that is over, so that both calls are about the same time.
    let to = told["to_ms"].as_i64().unwrap();
    let told = timeline(&server, &id, from, to).await;
    let path = format!("/api/v1/agents/{id}/availability?from_ms={from}&to_ms={to}");
    let shares = server.read(&path).await;
    assert_eq!(told["from_ms"], shares["from_ms"]);
    for state in ["online", "offline", "unknown"] {
        let sum: i64 = told["spans"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|span| span["was"] == state)
            .map(|span| span["to_ms"].as_i64().unwrap() - span["from_ms"].as_i64().unwrap())
            .sum();
        assert_eq!(shares[format!("{state}_ms")], sum, "{state}: {told}");
    }
}

#[tokio::test]
async fn the_time_before_it_was_first_heard_is_on_no_timeline() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let id = agent.id.clone();
    let from = server.backend.app.clock.wall_ms() - 1_000_000;
    let far = from + 2_000_000;
    assert_eq!(timeline(&server, &id, from, far).await["spans"], json!([]));
    agent.register(&server).await;
    let online = timeline(&server, &id, from, far).await;
    assert!(online["from_ms"].as_i64().unwrap() > from);
    let spans = online["spans"].as_array().unwrap();
    assert!(spans.iter().all(|span| span["was"] == "online"), "{online}");
}

#[tokio::test]
async fn a_timeline_of_nobody_or_of_no_period_is_refused() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    for (from, to) in [(5, 5), (5, 4), (0, i64::MAX), (i64::MIN, i64::MAX)] {
        let path = format!("/api/v1/agents/{}/timeline?from_ms={from}&to_ms={to}", agent.id);
        let answer = server.get(&path).signed_in().send().await;
        assert_eq!(answer.refused(422, "/problems/invalid"), ["to_ms"], "{path}");
    }
    let path = format!("/api/v1/agents/{NOBODY}/timeline?from_ms=0&to_ms=1");
    let answer = server.get(&path).signed_in().send().await;
    answer.refused(404, "/problems/not-found");
    let path = format!("/api/v1/agents/{}/timeline?from_ms=0&to_ms=1", agent.id);
    assert_eq!(server.get(&path).send().await.status, StatusCode::UNAUTHORIZED);
}
