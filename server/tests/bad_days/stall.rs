//! The server is stopped in the middle of its work, and goes on (rule 1: a stall is blind time).

use std::time::Duration;

use rollcall_shared::Status;
use rollcall_shared::console_api::{Availability, BlindReason};
use rustix::process::Signal;

use crate::driven::{Driven, Steady};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{LABEL_MS, pass, until, until_so, wall_ms};
use crate::real::network::Network;
use crate::real::server::{Plan, Server};

/// Sixty time-outs, and longer than any call waits.
const STALL: Duration = Duration::from_mins(2);

/// The longest that one tick lets time go on (rule 1).
const LONGEST_TICK_MS: i64 = 2_000;

#[test]
fn a_server_that_is_stopped_for_two_minutes_makes_nobody_offline() {
    // A lease no longer than the two seconds by which a stall moves engine time: it is the return window that keeps
    // everybody online, and two seconds of it.
    let plan = Plan {
        minute: Duration::from_secs(1),
        offline_after: 2,
        ..Plan::on_loopback()
    };
    let time_out = plan.time_out();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let url = server.announcement.url.clone();
    let agent = Agent::enrolled("real", Network::Here, &url, server.announcement.token());
    let real = admin.sees("real", Status::Online).id;
    let driven = |number| {
        Driven::enrolled(
            &server.peer(),
            server.announcement.token(),
            &format!("driven-{number}"),
            number,
        )
    };
    // Each on a thread of its own: a call to a stopped server waits, and must not keep the others waiting.
    let steady: Vec<_> = (1..=3)
        .map(|number| Steady::keep(vec![driven(number)], time_out / 8))
        .collect();
    for one in &steady {
        one.heard(2);
    }
    // Last, since nothing keeps it online but this.
    let silent = driven(4);

    server.signal(Signal::STOP);
    let stopped_at = wall_ms();
    pass(STALL);
    let over_at = wall_ms();
    server.signal(Signal::CONT);
    let woken_at = wall_ms();

    for one in &steady {
        one.heard(3);
    }
    until_so("the real agent is heard again", || {
        let last = admin.agent("real").last_contact;
        last.is_some_and(|last| last.at_ms > woken_at)
    });
    // One that says no more does go offline, by its lease and not at once.
    let flipped = admin.transition(silent.id, "the silent one is offline", |one| {
        one.to == Status::Offline
    });
    assert!(
        flipped.at_ms >= woken_at - LABEL_MS,
        "{flipped:?}, and the server woke at {woken_at}"
    );
    // And history tells it, to all who ask about that time: all of it is unknown, but for what the tick after it may move.
    let blind_ms = over_at - stopped_at - LONGEST_TICK_MS - LABEL_MS;
    let path = format!("/api/v1/agents/{real}/availability?from_ms={stopped_at}&to_ms={over_at}");
    let divided: Availability = until("the stall is in history", || {
        let divided: Availability = admin.read(&path);
        (divided.unknown_ms >= blind_ms).then_some(divided)
    });
    assert!(
        divided
            .blind
            .iter()
            .any(|span| span.reason == BlindReason::Stalled),
        "{divided:?}"
    );
    assert_eq!(divided.offline_ms, 0, "{divided:?}");
    assert_eq!(
        divided.online_ms + divided.unknown_ms,
        over_at - stopped_at,
        "{divided:?}"
    );
    let mut ids: Vec<_> = steady.iter().flat_map(|one| one.ids.clone()).collect();
    ids.push(real);
    admin.history().nobody_falsely_offline(&ids);
    server.must_run();
    drop((agent, steady));
}
