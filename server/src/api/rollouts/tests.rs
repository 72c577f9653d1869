//! From a save to what people see of how far it has got.

use rollcall_shared::console_api::Role;
use serde_json::{Value, json};

use crate::api::agent::testing::{Server, TestAgent};

/// What people see of an agent's newest notification.
async fn newest(server: &Server, agent: &TestAgent) -> Value {
    let path = format!("/api/v1/agents/{}/notifications", agent.id);
    server.read(&path).await["items"][0].take()
}

#[tokio::test]
async fn a_save_is_queued_told_and_applied_and_each_is_seen() {
    let server = Server::start().await;
    let mut inside = server.online("inside").await;
    let _pending = server.agent("never-heard").await;
    assert_eq!(server.save(&json!({ "offline_after": 61 })).await.status, 200);
    let rollout = server.read("/api/v1/rollouts/settings.2").await;
    assert_eq!(
        (&rollout["concerned"], &rollout["queued"]),
        (&json!(1), &json!(1))
    );
    let waiting = server.read("/api/v1/rollouts/settings.2/waiting").await;
    let first = &waiting["items"][0];
    assert_eq!(
        (&first["agent"], &first["state"], &first["waits_for"]),
        (&json!(inside.id), &json!("queued"), &json!("contact"))
    );
    let queued = newest(&server, &inside).await;
    assert_eq!(
        (&queued["subject"], &queued["state"]),
        (&json!("settings.2"), &json!("queued"))
    );

    let answer = inside.heartbeat(&server).await;
    assert_eq!(answer.json["poll_now"], true);
    inside.poll(&server).await;
    let told = newest(&server, &inside).await;
    assert_eq!(
        (&told["state"], &told["way"]),
        (&json!("delivered"), &json!("contact"))
    );
    let waiting = server.read("/api/v1/rollouts/settings.2/waiting").await;
    assert_eq!(waiting["items"][0]["waits_for"], "agent");

    inside.applied = 2;
    inside.heartbeat(&server).await;
    let rollout = server.read("/api/v1/rollouts/settings.2").await;
    assert_eq!((&rollout["applied"], &rollout["queued"]), (&json!(1), &json!(0)));
    assert!(rollout["median_ms"].is_u64(), "{rollout}");
    let applied = newest(&server, &inside).await;
    assert_eq!(applied["state"], "applied");
    assert!(applied["ended_at_ms"].as_i64() >= applied["delivered_at_ms"].as_i64());
    let waiting = server.read("/api/v1/rollouts/settings.2/waiting").await;
    assert_eq!(waiting["items"], json!([]));
}

#[tokio::test]
async fn a_save_over_one_that_is_under_way_supersedes_it() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    server.save(&json!({ "offline_after": 61 })).await;
    server.save(&json!({ "offline_after": 62 })).await;
    let past = server.read("/api/v1/rollouts/settings.2").await;
    assert_eq!((&past["concerned"], &past["superseded"]), (&json!(1), &json!(1)));
    agent.applied = 2;
    agent.heartbeat(&server).await;
    let now = server.read("/api/v1/rollouts/settings.3").await;
    assert_eq!((&now["queued"], &now["applied"]), (&json!(1), &json!(0)));
    let none = server.get("/api/v1/rollouts/settings.9").signed_in().send().await;
    assert_eq!(none.status, 404);
    let no_subject = server.get("/api/v1/rollouts/everything").signed_in().send().await;
    assert_eq!(no_subject.status, 422);
}

#[tokio::test]
async fn who_wakes_is_told_as_it_registers_and_who_is_retired_holds_nothing_up() {
    let server = Server::start().await;
    let mut asleep = server.online("laptop").await;
    let gone = server.online("scrapped").await;
    asleep.goodbye(&server, "stop").await;
    server.save(&json!({ "offline_after": 61 })).await;
    let waiting = server.read("/api/v1/rollouts/settings.2/waiting").await;
    let of_laptop = waiting["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "laptop");
    assert_eq!(of_laptop.unwrap()["waits_for"], "return");
    asleep.register(&server).await;
    let told = newest(&server, &asleep).await;
    assert_eq!(
        (&told["state"], &told["way"]),
        (&json!("delivered"), &json!("register"))
    );
    asleep.applied = 2;
    asleep.heartbeat(&server).await;
    server.retire(&gone).await;
    let rollout = server.read("/api/v1/rollouts/settings.2").await;
    assert_eq!(
        (&rollout["applied"], &rollout["superseded"], &rollout["queued"]),
        (&json!(1), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_failure_is_shown_in_the_agents_words_until_it_is_mended() {
    let server = Server::start().await;
    let mut agent = server.online("web-1").await;
    server.save(&json!({ "offline_after": 61 })).await;
    let mut body = agent.fence();
    body["outcome"] = json!("failed");
    body["detail"] = json!("the disk is full");
    let call = "notifications/settings.2/ack";
    assert_eq!(agent.say(&server, call, &body).await.status, 204);
    let waiting = server.read("/api/v1/rollouts/settings.2/waiting").await;
    let first = &waiting["items"][0];
    assert_eq!(
        (&first["state"], &first["waits_for"], &first["failure"]),
        (&json!("failed"), &json!("repair"), &json!("the disk is full"))
    );
    let mut body = agent.fence();
    body["outcome"] = json!("applied");
    assert_eq!(agent.say(&server, call, &body).await.status, 204);
    assert_eq!(server.read("/api/v1/rollouts/settings.2").await["applied"], 1);
    // Of what nobody waits for any more, it is not refused.
    let mut body = agent.fence();
    body["outcome"] = json!("applied");
    let old = agent
        .say(&server, "notifications/component.av.1/ack", &body)
        .await;
    assert_eq!(old.status, 204);
}

#[tokio::test]
async fn pages_of_those_who_wait_begin_with_those_who_failed() {
    let server = Server::start().await;
    let mut agents = Vec::new();
    for number in 0..4 {
        agents.push(server.online(&format!("web-{number}")).await);
    }
    server.save(&json!({ "offline_after": 61 })).await;
    let last = agents.iter_mut().max_by_key(|agent| agent.id.clone()).unwrap();
    let mut body = last.fence();
    body["outcome"] = json!("failed");
    body["detail"] = json!("the disk is full");
    last.say(&server, "notifications/settings.2/ack", &body).await;
    let failed = last.id.clone();
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/rollouts/settings.2/waiting?limit=1{after}");
        let page = server.read(&path).await;
        ids.push(page["items"][0]["agent"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut others: Vec<String> = agents.iter().map(|agent| agent.id.clone()).collect();
    others.sort_unstable();
    others.pop();
    assert_eq!(ids[0], failed);
    assert_eq!(ids[1..], others);
    for wrong in ["x", "failed.", "failed.x"] {
        let path = format!("/api/v1/rollouts/settings.2/waiting?after={wrong}");
        let answer = server.get(&path).signed_in().send().await;
        assert_eq!(answer.refused(422, "/problems/invalid"), ["after"]);
    }
}

#[tokio::test]
async fn a_roll_out_goes_on_where_it_stood_after_a_restart() {
    let server = Server::on_file(&[]).await;
    let mut told = server.online("told").await;
    let mut ahead = server.online("ahead").await;
    let _behind = server.online("behind").await;
    server.save(&json!({ "offline_after": 61 })).await;
    told.poll(&server).await;
    ahead.applied = 2;
    ahead.heartbeat(&server).await;
    let server = server.restart().await;
    let rollout = server.read("/api/v1/rollouts/settings.2").await;
    assert_eq!(
        (&rollout["queued"], &rollout["delivered"], &rollout["applied"]),
        (&json!(1), &json!(1), &json!(1)),
        "{rollout}"
    );
}

#[tokio::test]
async fn who_only_looks_sees_roll_outs_too() {
    let server = Server::of(Role::Viewer).await;
    let none = server.get("/api/v1/rollouts/settings.2").signed_in().send().await;
    assert_eq!(none.status, 404);
}
