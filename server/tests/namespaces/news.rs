//! What an admin saves reaches agents: those inside by polling, since the server cannot connect to them, those outside
//! by being connected to.

use std::time::Duration;

use rollcall_shared::settings::Days;
use rollcall_shared::{Cause, Minutes, Status};

use crate::lab::{Family, INSIDE_V4, Lab, OUTSIDE_V4, socket};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::until_so;
use crate::real::server::Server;

/// Where agents let the server connect to them.
const NOTIFY_PORT: u16 = 7070;

/// Longer than a connection in a laboratory takes, and no more than a router that drops it is worth.
const KNOCK: Duration = Duration::from_secs(2);

#[test]
fn who_is_in_a_range_is_unreachable_and_no_less_online() {
    let Some(lab) = Lab::lay("unreachable_by_range", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let (url, token) = (
        server.announcement.url.clone(),
        server.announcement.token().to_owned(),
    );
    let agents = ["inside", "outside"].map(|role| Agent::enrolled(role, lab.network(role), &url, &token));
    let inside = admin.sees("inside", Status::Online).id;
    let outside = admin.sees("outside", Status::Online).id;

    let version = admin.save(|settings| settings.unreachable_network = vec!["10.77.0.0/24".parse().unwrap()]);
    admin.sees("inside", Status::UnreachableOnline);
    let moved = admin.transition(inside, "a range took it in", |one| {
        one.to == Status::UnreachableOnline
    });
    assert_eq!(moved.cause, Cause::Settings { version });
    assert_eq!(admin.agent("outside").status, Status::Online);

    // The router's address is that of everybody inside, as the server sees it.
    admin.save(|settings| settings.unreachable_network = vec!["198.51.100.2".parse().unwrap()]);
    admin.sees("inside", Status::UnreachableOnline);
    admin.save(|settings| settings.unreachable_network.clear());
    admin.sees("inside", Status::Online);
    admin.history().nobody_falsely_offline(&[inside, outside]);
    server.must_run();
    drop(agents);
}

#[test]
fn a_change_of_settings_reaches_those_inside_by_polls_and_those_outside_by_connecting_to_them() {
    let Some(lab) = Lab::lay("news_by_polls_and_by_dial", Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    let admin = Admin::first(&server);
    let (url, token) = (
        server.announcement.url.clone(),
        server.announcement.token().to_owned(),
    );
    let port = NOTIFY_PORT.to_string();
    let agents = ["inside", "outside"].map(|role| {
        let mut agent = Agent::new(role, lab.network(role));
        agent.enrol(&url, &token).unwrap();
        agent.start(&["--notify-port", &port]);
        agent
    });
    let ids = ["inside", "outside"].map(|role| admin.sees(role, Status::Online).id);
    let applied = |version: u32| {
        until_so(&format!("both live by version {version}"), || {
            let agents = admin.agents();
            agents.iter().filter(|agent| agent.applied == version).count() == 2
        });
    };

    // From here on nobody sends heartbeats, and the one outside polls once a day and is verified once a day: every 12
    // minutes of this test's.
    let version = admin.save(|settings| {
        settings.heartbeat = false;
        settings.unreachable_network = vec!["10.77.0.0/24".parse().unwrap()];
        settings.poll_every = Minutes::try_new(2).unwrap();
        settings.verify_every = Minutes::try_new(1_440).unwrap();
    });
    applied(version);
    admin.sees("inside", Status::UnreachableOnline);

    // The server cannot connect inward, though the agent there does listen.
    let server_side = lab.network("server");
    let inward = socket(INSIDE_V4, NOTIFY_PORT);
    assert!(
        server_side.connect(inward, KNOCK).is_err(),
        "the router lets nothing in"
    );
    assert!(lab.network("router").connect(inward, KNOCK).is_ok(), "it listens");
    assert!(
        server_side
            .connect(socket(OUTSIDE_V4, NOTIFY_PORT), KNOCK)
            .is_ok(),
        "it listens"
    );

    for days in 31..34 {
        let version = admin.save(|settings| settings.inactive_after_days = Days::new(days).unwrap());
        applied(version);
    }
    admin.history().nobody_falsely_offline(&ids);
    server.must_run();
    drop(agents);
}
