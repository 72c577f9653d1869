//! A machine is given another address: its agent registers from it, and nothing of that is an absence.

use std::time::Duration;

use rollcall_shared::{Cause, ContactKind, RegisterReason, Status};

use crate::lab::{Family, INSIDE_V4, Lab, OUTSIDE_V4};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{LABEL_MS, until_so, wall_ms};
use crate::real::server::{Plan, Server};

/// Agents look at their address every quarter of a minute, and a call on a cable that is gone takes a third of one to
/// fail: the lease has to outlast that, as it does where a minute is one.
fn patient(plan: Plan) -> Plan {
    Plan {
        minute: Duration::from_secs(1),
        offline_after: 60,
        ..plan
    }
}

/// In the midst of its life; of a change at its beginning there is a test of its own.
fn until_heartbeats(admin: &Admin, name: &str) {
    until_so("it sends heartbeats", || {
        let last = admin.agent(name).last_contact;
        last.is_some_and(|last| last.kind == ContactKind::Heartbeat)
    });
}

#[test]
fn a_new_address_outside_is_seen_and_is_no_absence() {
    let Some(lab) = Lab::lay("a_new_address_outside", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(patient(lab.plan()));
    let admin = Admin::first(&server);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let agent = Agent::enrolled("outside", lab.network("outside"), url, token);
    let id = admin.sees("outside", Status::Online).id;
    assert_eq!(admin.agent("outside").address, Some(OUTSIDE_V4.parse().unwrap()));

    until_heartbeats(&admin, "outside");

    let moved_to = "198.51.100.60";
    lab.address("del", "outside", "eth", OUTSIDE_V4).unwrap();
    lab.address("add", "outside", "eth", moved_to).unwrap();
    until_so("it registers with its new address", || {
        admin.agent("outside").address == Some(moved_to.parse().unwrap())
    });
    admin.history().nobody_falsely_offline(&[id]);
    server.must_run();
    drop(agent);
}

#[test]
fn a_new_address_inside_changes_reachability_and_never_presence() {
    let Some(lab) = Lab::lay("a_new_address_inside", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(patient(lab.plan()));
    let admin = Admin::first(&server);
    admin.save(|settings| settings.unreachable_network = vec!["10.77.0.2-10.77.0.99".parse().unwrap()]);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let agent = Agent::enrolled("inside", lab.network("inside"), url, token);
    let id = admin.sees("inside", Status::UnreachableOnline).id;

    until_heartbeats(&admin, "inside");

    let moved_at = wall_ms();
    lab.address("del", "inside", "eth", INSIDE_V4).unwrap();
    lab.address("add", "inside", "eth", "10.77.0.200").unwrap();
    // With the address went the way out.
    lab.ip("inside", &["route", "replace", "default", "via", "10.77.0.1"])
        .unwrap();
    let moved = admin.transition(id, "out of the range", |one| one.to == Status::Online);
    assert_eq!(moved.from, Some(Status::UnreachableOnline), "{moved:?}");
    assert_eq!(moved.cause, Cause::Registered(RegisterReason::AddressChanged));
    assert!(moved.at_ms >= moved_at - LABEL_MS, "{moved:?}");
    let history = admin.history();
    assert!(history.offline(&[id]).is_empty(), "{history:#?}");
    server.must_run();
    drop(agent);
}

#[test]
fn an_address_that_changes_before_the_first_heartbeat_is_noticed_too() {
    let Some(lab) = Lab::lay("a_new_address_at_once", Family::V4, Family::V4) else {
        return;
    };
    // The first look at the address comes before the first call after the registration.
    let mut server = Server::start(Plan {
        heartbeat_every: 30,
        poll_every: 30,
        ..patient(lab.plan())
    });
    let admin = Admin::first(&server);
    admin.save(|settings| settings.unreachable_network = vec!["10.77.0.2-10.77.0.99".parse().unwrap()]);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let agent = Agent::enrolled("inside", lab.network("inside"), url, token);
    let seen = admin.sees("inside", Status::UnreachableOnline);
    let kind = seen.last_contact.expect("it was heard").kind;
    // Its first poll may come at once: when, is drawn.
    assert_ne!(kind, ContactKind::Heartbeat);
    // Or its answer would go where the address was, and the agent would install itself once more, from the new one.
    agent.until_says("Registered");

    lab.address("del", "inside", "eth", INSIDE_V4).unwrap();
    lab.address("add", "inside", "eth", "10.77.0.200").unwrap();
    lab.ip("inside", &["route", "replace", "default", "via", "10.77.0.1"])
        .unwrap();
    let moved = admin.transition(seen.id, "out of the range", |one| one.to == Status::Online);
    assert_eq!(moved.cause, Cause::Registered(RegisterReason::AddressChanged));
    admin.history().nobody_falsely_offline(&[seen.id]);
    server.must_run();
    drop(agent);
}
