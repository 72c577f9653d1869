//! The agent tree through the whole API.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use rollcall_shared::console_api::{
    DomainChange, MoveAgents, MoveOutcome, NewDomain, RetireAgents, RetireOutcome, Role,
};
use rollcall_shared::{DomainId, UserId};
use serde_json::{Value, json};

use super::TreeRefused;
use crate::api::agent::testing::{Answer, Server};
use crate::auth::person::Person;
use crate::scope::Scope;

const PATH: &str = "/api/v1/domains";

async fn make(server: &Server, name: &str, parent: i64) -> Answer {
    server
        .post(PATH)
        .signed_in()
        .json(&json!({ "name": name, "parent": parent }))
        .send()
        .await
}

async fn made(server: &Server, name: &str, parent: i64) -> i64 {
    let answer = make(server, name, parent).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.json["id"].as_i64().unwrap()
}

async fn change(server: &Server, id: i64, body: &Value) -> Answer {
    server
        .ask(Method::PATCH, &format!("{PATH}/{id}"))
        .signed_in()
        .json(body)
        .send()
        .await
}

async fn delete(server: &Server, id: i64) -> Answer {
    server
        .ask(Method::DELETE, &format!("{PATH}/{id}"))
        .signed_in()
        .send()
        .await
}

async fn move_agents(server: &Server, agents: &[&str], domain: i64) -> Answer {
    server
        .post("/api/v1/agents/move")
        .signed_in()
        .json(&json!({ "agents": agents, "domain": domain }))
        .send()
        .await
}

/// Number, parent and name of each domain, and how many agents are online in it and with all below.
async fn tree(server: &Server) -> Vec<(i64, Option<i64>, String, i64, i64)> {
    let page = server.read(PATH).await;
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|domain| {
            (
                domain["id"].as_i64().unwrap(),
                domain["parent"].as_i64(),
                domain["name"].as_str().unwrap().to_owned(),
                domain["agents"]["online"].as_i64().unwrap(),
                domain["with_below"]["online"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn domains_are_made_renamed_moved_and_deleted_and_a_restart_forgets_none_of_it() {
    let server = Server::on_file(&[]).await;
    let europe = made(&server, "Europe", 1).await;
    let berlin = made(&server, " Berlin ", 1).await;
    let gone = made(&server, "Gone", europe).await;
    assert_eq!(
        change(&server, berlin, &json!({ "parent": europe })).await.status,
        204
    );
    assert_eq!(
        change(&server, europe, &json!({ "name": "EMEA" })).await.status,
        204
    );
    assert_eq!(delete(&server, gone).await.status, 204);
    let agent = server.online("web-1").await;
    let answer = move_agents(&server, &[&agent.id], berlin).await;
    assert_eq!(answer.json, json!([{ "agent": agent.id, "outcome": "moved" }]));
    let expected = [
        (1, None, "All".to_owned(), 0, 1),
        (europe, Some(1), "EMEA".to_owned(), 0, 1),
        (berlin, Some(europe), "Berlin".to_owned(), 1, 1),
    ];
    assert_eq!(tree(&server).await, expected);
    let server = server.restart().await;
    assert_eq!(tree(&server).await, expected);
    assert_eq!(
        server.read(&format!("/api/v1/agents/{}", agent.id)).await["domain"],
        berlin
    );
    // A number is not given twice: links and limits name it.
    assert!(made(&server, "New", 1).await > gone);
}

#[tokio::test]
async fn what_the_tree_cannot_be_is_refused_by_the_field() {
    let server = Server::start().await;
    let europe = made(&server, "Europe", 1).await;
    let berlin = made(&server, "Berlin", europe).await;
    for (name, parent, fields) in [
        ("", 1, ["name"]),
        ("a\u{202e}b", 1, ["name"]),
        ("New", 99, ["parent"]),
        ("New", 0, ["parent"]),
    ] {
        let answer = make(&server, name, parent).await;
        assert_eq!(answer.refused(422, "/problems/invalid"), fields, "{name:?}");
    }
    let taken = make(&server, "europe", 1).await;
    assert_eq!(taken.refused(409, "/problems/name-taken"), ["name"]);
    made(&server, "Europe", berlin).await;
    for (id, parent) in [(europe, berlin), (europe, europe), (berlin, 99)] {
        let answer = change(&server, id, &json!({ "parent": parent })).await;
        assert_eq!(answer.refused(422, "/problems/invalid"), ["parent"]);
    }
    let taken = change(&server, berlin, &json!({ "name": "EUROPE", "parent": 1 })).await;
    assert_eq!(taken.refused(409, "/problems/name-taken"), ["name"]);
    change(&server, 1, &json!({ "parent": berlin }))
        .await
        .refused(409, "/problems/root");
    delete(&server, 1).await.refused(409, "/problems/root");
    assert_eq!(change(&server, 1, &json!({ "name": "World" })).await.status, 204);
    assert_eq!(
        change(&server, berlin, &json!({ "name": "BERLIN" })).await.status,
        204
    );
    delete(&server, 99).await.refused(404, "/problems/not-found");
    change(&server, 99, &json!({ "name": "x" }))
        .await
        .refused(404, "/problems/not-found");
    for id in ["x", "0", "-1", "2147483648", "%00"] {
        let path = format!("{PATH}/{id}");
        let answer = server.ask(Method::DELETE, &path).signed_in().send().await;
        assert_eq!(answer.refused(422, "/problems/invalid"), ["id"], "{id}");
    }
    let mut parent = 1;
    for level in 1..=16 {
        parent = made(&server, &format!("level {level}"), parent).await;
    }
    let deep = make(&server, "one too deep", parent).await;
    assert_eq!(deep.refused(422, "/problems/invalid"), ["parent"]);
}

#[tokio::test]
async fn a_domain_is_deleted_when_only_tombstones_and_dead_tokens_are_left_in_it() {
    let server = Server::start().await;
    let berlin = made(&server, "Berlin", 1).await;
    made(&server, "Mitte", berlin).await;
    let agent = server.online("web-1").await;
    move_agents(&server, &[&agent.id], berlin).await;
    let token = server
        .post("/api/v1/tokens")
        .signed_in()
        .json(&json!({ "uses": 1, "hours": 1, "domain": berlin }))
        .send()
        .await;
    let refused = delete(&server, berlin).await;
    refused.refused(409, "/problems/in-use");
    assert_eq!(
        refused.json["detail"],
        "In this domain there are still 1 domain, 1 agent and 1 enrolment token in use."
    );
    let mitte = tree(&server).await[2].0;
    assert_eq!(delete(&server, mitte).await.status, 204);
    server.retire(&agent).await;
    let path = format!("/api/v1/tokens/{}", token.json["token"]["id"]);
    server.ask(Method::DELETE, &path).signed_in().send().await;
    assert_eq!(delete(&server, berlin).await.status, 204);
    let tombstone = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(
        (
            &tombstone["domain"],
            &tombstone["status"],
            &tombstone["retired_by"]
        ),
        (&json!(1), &json!("retired"), &json!("ada"))
    );
    assert_eq!(server.read("/api/v1/tokens").await["items"][0]["domain"], 1);
}

#[tokio::test]
async fn an_agent_goes_into_the_domain_of_its_token() {
    let server = Server::start().await;
    let berlin = made(&server, "Berlin", 1).await;
    let token = server
        .post("/api/v1/tokens")
        .signed_in()
        .json(&json!({ "uses": 1, "hours": 1, "domain": berlin }))
        .send()
        .await;
    let enrolled = server
        .enroll(token.json["secret"].as_str().unwrap(), 7, "web-1")
        .await;
    let id = enrolled.json["agent"].as_str().unwrap();
    assert_eq!(
        server.read(&format!("/api/v1/agents/{id}")).await["domain"],
        berlin
    );
}

#[tokio::test]
async fn a_move_says_what_became_of_each_and_changes_no_presence() {
    let server = Server::start().await;
    let berlin = made(&server, "Berlin", 1).await;
    let (one, two) = (server.online("web-1").await, server.online("web-2").await);
    let before = server.read(&format!("/api/v1/agents/{}", one.id)).await;
    let nobody = "0000000000001";
    let answer = move_agents(&server, &[&one.id, nobody, &one.id], berlin).await;
    let outcomes: Vec<&Value> = answer
        .json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["outcome"])
        .collect();
    assert_eq!(outcomes, ["moved", "no_such_agent", "already_there"]);
    let mut after = server.read(&format!("/api/v1/agents/{}", one.id)).await;
    assert_eq!(after["domain"], berlin);
    after["domain"] = json!(1);
    assert_eq!(after, before);
    let again = move_agents(&server, &[&one.id, &two.id], berlin).await;
    assert_eq!(again.json[0]["outcome"], "already_there");
    assert_eq!(again.json[1]["outcome"], "moved");
    for (agents, domain, field) in [
        (vec![], berlin, "agents"),
        (vec![one.id.as_str(); 10_001], berlin, "agents"),
        (vec![one.id.as_str()], 99, "domain"),
    ] {
        let answer = move_agents(&server, &agents, domain).await;
        assert_eq!(answer.refused(422, "/problems/invalid"), [field]);
    }
}

#[tokio::test]
async fn many_are_retired_at_once_and_asking_again_changes_nothing() {
    let server = Server::on_file(&[]).await;
    let mut agents = Vec::new();
    for number in 0..20 {
        agents.push(server.online(&format!("web-{number}")).await);
    }
    let ids: Vec<&str> = agents.iter().map(|agent| agent.id.as_str()).collect();
    let retire = async |ids: &[&str]| {
        let answer = server
            .post("/api/v1/agents/retire")
            .signed_in()
            .json(&json!({ "agents": ids }))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let outcomes: Vec<String> = answer
            .json
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["outcome"].as_str().unwrap().to_owned())
            .collect();
        outcomes
    };
    assert_eq!(
        retire(&[ids[0], "0000000000001", ids[0]]).await,
        ["retired", "no_such_agent", "already_retired"]
    );
    let rest = retire(&ids).await;
    assert_eq!(rest[0], "already_retired");
    assert!(rest[1..].iter().all(|outcome| outcome == "retired"), "{rest:?}");
    assert!(
        retire(&ids)
            .await
            .iter()
            .all(|outcome| outcome == "already_retired")
    );
    let mut tombstone = agents.remove(3);
    tombstone
        .heartbeat(&server)
        .await
        .refused(401, "/problems/retired");
    let server = server.restart().await;
    let shown = server.read(&format!("/api/v1/agents/{}", tombstone.id)).await;
    assert_eq!(
        (&shown["status"], &shown["cause"], &shown["retired_by"]),
        (&json!("retired"), &json!("retired"), &json!("ada"))
    );
    assert_eq!(server.history_of(&tombstone, 3).await.len(), 3);
    tombstone
        .heartbeat(&server)
        .await
        .refused(401, "/problems/retired");
    // The same machine again: with a new key it is another agent, with the old one it is told what became of it.
    let anew = server.agent(&tombstone.name).await;
    assert_ne!(anew.id, tombstone.id);
    assert_eq!(server.status_of(&tombstone).await, "retired");
}

#[tokio::test]
async fn a_viewer_sees_the_tree_and_changes_nothing() {
    let server = Server::of(Role::Viewer).await;
    assert_eq!(tree(&server).await.len(), 1);
    make(&server, "x", 1).await.refused(403, "/problems/forbidden");
    change(&server, 1, &json!({ "name": "x" }))
        .await
        .refused(403, "/problems/forbidden");
    delete(&server, 1).await.refused(403, "/problems/forbidden");
    move_agents(&server, &["0000000000001"], 1)
        .await
        .refused(403, "/problems/forbidden");
    server
        .post("/api/v1/agents/retire")
        .signed_in()
        .json(&json!({ "agents": ["0000000000001"] }))
        .send()
        .await
        .refused(403, "/problems/forbidden");
}

#[tokio::test]
async fn an_operator_who_may_see_one_domain_changes_only_what_is_in_it() {
    let server = Server::start().await;
    let berlin = made(&server, "Berlin", 1).await;
    let mitte = made(&server, "Mitte", berlin).await;
    let paris = made(&server, "Paris", 1).await;
    let (inside, outside) = (server.online("in").await, server.online("out").await);
    move_agents(&server, &[&inside.id], mitte).await;
    let app = &server.backend.app;
    let number = |id: i64| DomainId(i32::try_from(id).unwrap());
    let person = || Person {
        user: UserId::from_bits(2),
        name: "olga".to_owned(),
        role: Role::Operator,
        scope: Scope::Domains(BTreeSet::from([number(berlin)])),
        session_ends_at_ms: i64::MAX,
    };
    let seen: Vec<_> = app
        .roster
        .domains(&person().scope)
        .into_iter()
        .map(|domain| (domain.id, domain.parent, domain.with_below.online))
        .collect();
    assert_eq!(
        seen,
        [
            (number(berlin), None, 1),
            (number(mitte), Some(number(berlin)), 1)
        ]
    );
    let both = || vec![inside.id.parse().unwrap(), outside.id.parse().unwrap()];
    let put = |domain| MoveAgents {
        agents: both(),
        domain: number(domain),
    };
    let moved = crate::api::agents::move_for_tests(app.clone(), person(), put(berlin))
        .await
        .unwrap();
    assert_eq!(
        [moved[0].outcome, moved[1].outcome],
        [MoveOutcome::Moved, MoveOutcome::NoSuchAgent]
    );
    let away = crate::api::agents::move_for_tests(app.clone(), person(), put(paris)).await;
    assert!(matches!(away, Err(TreeRefused::Fields(_))));
    let new = NewDomain {
        name: "x".to_owned(),
        parent: DomainId::ROOT,
    };
    let made_outside = super::create::make(app.clone(), person(), new).await;
    assert!(matches!(made_outside, Err(TreeRefused::Fields(_))));
    for (id, parent) in [(paris, berlin), (mitte, paris), (berlin, mitte)] {
        let change = DomainChange {
            name: None,
            parent: Some(number(parent)),
        };
        let changed = super::change::make(app.clone(), person(), number(id), change).await;
        assert!(changed.is_err(), "{id} to {parent}");
    }
    let deleted = super::delete::end(app.clone(), person(), number(berlin)).await;
    assert!(matches!(deleted, Err(TreeRefused::Top(_))));
    let deleted = super::delete::end(app.clone(), person(), number(paris)).await;
    assert!(matches!(deleted, Err(TreeRefused::Unknown(_))));
    let retire = RetireAgents { agents: both() };
    let retired = crate::api::agents::retire_for_tests(app, &person(), &retire.agents).await;
    assert_eq!(retired, [RetireOutcome::Retired, RetireOutcome::NoSuchAgent]);
    // A branch that comes below the domain is seen from then on.
    assert_eq!(
        change(&server, paris, &json!({ "parent": berlin })).await.status,
        204
    );
    assert_eq!(app.roster.domains(&person().scope).len(), 3);
}
