//! How a save gets to agents that are reached in different ways, as people are shown it.

use rollcall_shared::console_api::{NotificationState, WaitsFor, Way};
use rollcall_shared::settings::{Days, HeartbeatScope};
use rollcall_shared::{ContactKind, Minutes, Settings, Status};

use crate::lab::{Family, Lab, OUTSIDE_V4};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::until_so;
use crate::real::server::Server;
use crate::real::skipped::say;

/// Longer than the test: who polls so seldom does not learn by it.
const SELDOM: i64 = 1_440;

fn minutes(count: i64) -> Minutes {
    Minutes::try_new(count).unwrap()
}

/// The `number`th save that changes nothing that matters here: it is news all the same.
fn more_days(settings: &mut Settings, number: u32) {
    settings.inactive_after_days = Days::new(number).unwrap();
}

#[test]
fn each_agent_is_told_in_its_own_way_and_the_delay_is_shown() {
    let Some(lab) = Lab::lay("told_in_its_own_way", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let [inside, outside] =
        ["inside", "outside"].map(|role| Agent::enrolled(role, lab.network(role), url, token));
    let [inside_id, outside_id] = ["inside", "outside"].map(|role| admin.sees(role, Status::Online).id);
    let told = |version: u32| {
        let rollout = admin.rolled_out(version);
        assert_eq!(rollout.concerned, 2, "{rollout:?}");
        assert!(
            rollout.median_ms.is_some() && rollout.longest_ms >= rollout.median_ms,
            "{rollout:?}"
        );
        [inside_id, outside_id].map(|id| {
            let one = admin.notification(id, version);
            assert_eq!(one.state, NotificationState::Applied, "{one:?}");
            let delay = one.ended_at_ms.expect("it is applied") - one.queued_at_ms;
            say(&format!(
                "settings.{version} to {id}: {:?} after {delay} ms",
                one.way
            ));
            one.way.expect("it was told")
        })
    };

    // Who is inside sends heartbeats and hardly ever polls; who is outside waits to be connected to.
    let version = admin.save(|settings| {
        settings.unreachable_network = vec!["10.77.0.0/24".parse().unwrap()];
        settings.heartbeat_scope = HeartbeatScope::UnreachableNetwork;
        settings.poll_every = minutes(SELDOM);
        settings.verify_every = minutes(SELDOM);
    });
    told(version);
    let version = admin.save(|settings| more_days(settings, 31));
    assert_eq!(told(version), [Way::Contact, Way::Dial]);

    // Nobody sends heartbeats: who is inside learns by its polls alone.
    let version = admin.save(|settings| {
        settings.heartbeat = false;
        settings.poll_every = minutes(4);
    });
    told(version);
    let version = admin.save(|settings| more_days(settings, 32));
    assert_eq!(told(version), [Way::Poll, Way::Dial]);

    // One that sleeps is waited for, and learns when it wakes.
    inside.sleep();
    admin.sees("inside", Status::UnreachableOffline);
    let version = admin.save(|settings| more_days(settings, 33));
    until_so("the one outside has it", || admin.rollout(version).applied == 1);
    let waiting = admin.waiting(version);
    assert_eq!(
        (waiting.len(), waiting[0].waits_for),
        (1, WaitsFor::Return),
        "{waiting:?}"
    );
    inside.wake();
    let [on_waking, _] = told(version);
    assert_ne!(on_waking, Way::Dial, "nobody can connect inward");
    server.must_run();
    drop((inside, outside));
}

#[test]
fn an_agent_around_which_a_range_is_drawn_hears_of_it_and_never_drops_out() {
    let Some(lab) = Lab::lay("a_range_around_it", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let agent = Agent::enrolled("outside", lab.network("outside"), url, token);
    let id = admin.sees("outside", Status::Online).id;
    // Online by being connected to: it polls once a day, and does nothing else by itself.
    let version = admin.save(|settings| {
        settings.heartbeat = false;
        settings.poll_every = minutes(4);
        settings.verify_every = minutes(4);
    });
    admin.rolled_out(version);

    let version = admin.save(|settings| settings.unreachable_network = vec![OUTSIDE_V4.parse().unwrap()]);
    admin.rolled_out(version);
    let told = admin.notification(id, version);
    assert_eq!(
        told.way,
        Some(Way::Dial),
        "told before it is no longer connected to: {told:?}"
    );
    admin.sees("outside", Status::UnreachableOnline);
    // It lives by its polls now.
    let mut polls = Vec::new();
    until_so("it polled three times", || {
        let last = admin.agent("outside").last_contact.expect("it was heard");
        if last.kind == ContactKind::Poll && polls.last() != Some(&last.at_ms) {
            polls.push(last.at_ms);
        }
        polls.len() >= 3
    });
    admin.history().nobody_falsely_offline(&[id]);
    assert_eq!(admin.agent("outside").status, Status::UnreachableOnline);
    server.must_run();
    drop(agent);
}
