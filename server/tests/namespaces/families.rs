//! IPv6 alone, both families, and the combinations that cannot be.

use std::net::IpAddr;
use std::time::Duration;

use rollcall_shared::console_api::AgentDetails;
use rollcall_shared::{Cause, ContactKind, Status};

use crate::lab::{Family, INSIDE_V4, INSIDE_V6, Lab, NAME, PORT, ROUTER_V6};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{until, until_so};
use crate::real::server::{Plan, Server};

#[test]
fn a_network_of_ipv6_alone_is_as_good() {
    let Some(lab) = Lab::lay("ipv6_alone", Family::V6, Family::V6) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let mut agent = Agent::enrolled("inside", lab.network("inside"), url, token);
    let seen = admin.sees("inside", Status::Online);
    until_so("it is seen to come by the NAT", || {
        admin.agent("inside").address == Some(ROUTER_V6.parse().unwrap())
    });
    admin.save(|settings| settings.unreachable_network = vec!["fd77::/64".parse().unwrap()]);
    admin.sees("inside", Status::UnreachableOnline);
    agent.kill();
    let flipped = admin.transition(seen.id, "it is offline", |one| {
        one.to == Status::UnreachableOffline
    });
    assert!(matches!(flipped.cause, Cause::Deadline { .. }), "{flipped:?}");
    agent.start(&[]);
    admin.sees("inside", Status::UnreachableOnline);
    server.must_run();
}

#[test]
fn an_agent_of_both_families_goes_on_by_the_one_that_works() {
    let Some(lab) = Lab::lay("both_families", Family::Both, Family::Both) else {
        return;
    };
    let mut server = Server::start(Plan {
        // A call on a cable that is gone takes a third of a minute to fail.
        minute: Duration::from_secs(1),
        offline_after: 60,
        ..lab.plan()
    });
    let admin = Admin::first(&server);
    let url = format!("http://{NAME}:{PORT}");
    let agent = Agent::enrolled("inside", lab.network("inside"), &url, server.announcement.token());
    let seen = admin.sees("inside", Status::Online);
    let address = until("its address is known", || admin.agent("inside").address);
    let is_v6 = address.is_ipv6();
    // The family that it took goes dark.
    let family = if is_v6 { "ipv6" } else { "ipv4" };
    let rule = [
        "nft", "insert", "rule", "inet", "gate", "forward", "meta", "nfproto", family, "drop",
    ];
    lab.run("router", &rule).unwrap();
    // By its address, and not by when it was heard: what was under way may arrive late.
    until_so("it is heard by the other family", || {
        let address = admin.agent("inside").address;
        address.is_some_and(|address| address.is_ipv6() != is_v6)
    });
    admin.history().nobody_falsely_offline(&[seen.id]);
    server.must_run();
    drop(agent);
}

/// A server and an agent of which one has both families get by with the one that they share, and the agent says what it
/// has.
fn meet(test: &str, (of_server, of_agent): (Family, Family), by_v6: bool) {
    let Some(lab) = Lab::lay(test, of_server, of_agent) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let url = format!("http://{NAME}:{PORT}");
    let agent = Agent::enrolled("inside", lab.network("inside"), &url, server.announcement.token());
    let id = admin.sees("inside", Status::Online).id;
    until_so("it sends heartbeats", || {
        let contact = admin.agent("inside").last_contact;
        contact.is_some_and(|contact| contact.kind == ContactKind::Heartbeat)
    });
    let shown: AgentDetails = admin.read(&format!("/api/v1/agents/{id}"));
    let address = shown.agent.address.expect("it was seen");
    assert_eq!(address.is_ipv6(), by_v6, "{shown:?}");
    // Its own addresses are those of the families that it has: the one that it comes by, and the other.
    let mut own: Vec<_> = shown
        .own_address
        .into_iter()
        .chain(shown.addresses.clone())
        .collect();
    own.sort_unstable();
    let has = [INSIDE_V4, INSIDE_V6]
        .into_iter()
        .filter(|text| of_agent.has(text));
    let has: Vec<IpAddr> = has.map(|text| text.parse().unwrap()).collect();
    assert_eq!(own, has, "{shown:?}");
    assert_eq!(
        shown.own_address.map(|own| own.is_ipv6()),
        Some(address.is_ipv6()),
        "{shown:?}"
    );
    admin.history().nobody_falsely_offline(&[id]);
    server.must_run();
    drop(agent);
}

#[test]
fn an_agent_of_both_families_meets_a_server_of_ipv4() {
    meet("both_to_v4", (Family::V4, Family::Both), false);
}

#[test]
fn an_agent_of_both_families_meets_a_server_of_ipv6() {
    meet("both_to_v6", (Family::V6, Family::Both), true);
}

#[test]
fn an_agent_of_ipv4_meets_a_server_of_both_families() {
    meet("v4_to_both", (Family::Both, Family::V4), false);
}

#[test]
fn an_agent_of_ipv6_meets_a_server_of_both_families() {
    meet("v6_to_both", (Family::Both, Family::V6), true);
}

#[test]
fn families_that_do_not_meet_are_refused_with_their_reason() {
    let test = "families_that_do_not_meet";
    let pairs = [(Family::V6, Family::V4, "IPv6"), (Family::V4, Family::V6, "IPv4")];
    std::thread::scope(|scope| {
        for (of_server, of_agent, lacking) in pairs {
            scope.spawn(move || {
                let Some(lab) = Lab::lay(test, of_server, of_agent) else {
                    return;
                };
                let server = Server::start(lab.plan());
                let agent = Agent::new("inside", lab.network("inside"));
                let refused = agent
                    .enrol(&server.announcement.url, server.announcement.token())
                    .expect_err("there is no way from one family to the other");
                assert!(refused.contains(lacking), "{refused}");
            });
        }
    });
}
