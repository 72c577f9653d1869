//! The server is away for longer than any lease (rule 6).

use rollcall_shared::console_api::{Availability, BlindReason};
use rollcall_shared::patience::return_window;
use rollcall_shared::{AgentId, Cause, Status};

use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{LABEL_MS, pass, until_so, wall_ms};
use crate::real::network::Network;
use crate::real::server::{Plan, Server};

const NAMES: [&str; 3] = ["brest", "delft", "gdansk"];

#[test]
fn a_server_that_is_away_for_three_time_outs_makes_nobody_offline() {
    let plan = Plan::on_loopback();
    let time_out = plan.time_out();
    let (minute, heartbeat_every) = (plan.minute, plan.heartbeat_every);
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let enrol = |name: &str| {
        let announcement = &server.announcement;
        Agent::enrolled(name, Network::Here, &announcement.url, announcement.token())
    };
    let agents: Vec<_> = NAMES.into_iter().map(enrol).collect();
    let mut dying = enrol("lost");
    // Not only seen but shown: what is shown is durable, and so is there after the kill.
    let online = |name: &str| {
        let id = admin.sees(name, Status::Online).id;
        admin.transition(id, "it is online", |one| one.to == Status::Online);
        id
    };
    let ids: Vec<_> = NAMES.into_iter().map(online).collect();
    let lost = online("lost");
    // And they know it: else they would begin anew where the server took their beginning for done.
    for agent in agents.iter().chain([&dying]) {
        agent.until_says("Registered");
    }
    let before = admin.history();
    until_so("they were heard for a while", || {
        let heard = |id: &AgentId| {
            let since = before.of_agent(*id).last().expect("it went online").at_ms;
            wall_ms() > since + 1_000
        };
        ids.iter().all(heard)
    });
    let here_until = server.saves_engine_time();

    server.kill();
    let killed_at = wall_ms();
    dying.kill();
    pass(time_out * 3);
    let launched_at = wall_ms();
    server.start_again();
    let here_again = wall_ms();

    until_so("every agent is heard again", || {
        let heard = |name: &&str| {
            let contact = admin.agent(name).last_contact;
            contact.is_some_and(|contact| contact.at_ms >= launched_at)
        };
        NAMES.iter().all(heard)
    });
    // What cannot be heard any more does go offline: so a flip would have been seen. But the gap counts for nothing.
    let flipped = admin.transition(lost, "the lost agent is offline", |one| one.to == Status::Offline);
    assert!(matches!(flipped.cause, Cause::Deadline { .. }), "{flipped:?}");
    // After a restart nobody's deadline is nearer than the interval and the return window (rule 6).
    let every = minute * heartbeat_every;
    let least = every + return_window(every, minute);
    assert!(
        flipped.at_ms + LABEL_MS >= launched_at + i64::try_from(least.as_millis()).unwrap(),
        "at {}, and the server was launched at {launched_at}",
        flipped.at_ms
    );
    let after = admin.history();
    after.nobody_falsely_offline(&ids);
    after.still_has(&before);
    let news: Vec<_> = after.0.iter().filter(|one| one.at_ms > killed_at).collect();
    assert_eq!(news.len(), 1, "but for the lost agent nothing changed: {news:#?}");

    for id in &ids {
        // From its going online: before, it was pending.
        let own = before.of_agent(*id);
        let since = own.last().expect("it went online").at_ms;
        let now = wall_ms();
        let path = format!("/api/v1/agents/{id}/availability?from_ms={since}&to_ms={now}");
        let divided: Availability = admin.read(&path);
        assert_eq!(divided.offline_ms, 0, "{divided:?}");
        // The last save of engine time may be a second old, and the blind span begins with it.
        let gap = launched_at - killed_at;
        assert!(divided.unknown_ms >= gap, "the gap was {gap} ms: {divided:?}");
        assert_eq!(
            divided.online_ms + divided.unknown_ms,
            divided.to_ms - divided.from_ms,
            "{divided:?}"
        );
        // And no more: it is the absence that is unknown, not what was before and after it. A stall of the machine that
        // runs the test is told as one.
        let away = divided
            .blind
            .iter()
            .filter(|span| span.reason == BlindReason::Away);
        let away: Vec<_> = away.collect();
        let [away] = away[..] else {
            panic!("one absence: {divided:?}")
        };
        assert!(
            away.from_ms >= here_until - LABEL_MS && away.to_ms <= here_again + LABEL_MS,
            "it was here until {here_until} and from {here_again} on: {divided:?}"
        );
        let stalled = divided
            .blind
            .iter()
            .filter(|span| span.reason != BlindReason::Away);
        let stalled: i64 = stalled.map(|span| span.to_ms - span.from_ms).sum();
        assert!(
            divided.unknown_ms <= away.to_ms - away.from_ms + stalled,
            "{divided:?}"
        );
        assert!(
            divided.online_ms >= here_until - since - stalled,
            "it was heard from {since} to {here_until}: {divided:?}"
        );
        assert!(divided.online_ms > 0, "{divided:?}");
    }
    drop(agents);
}
