//! An agent behind a NAT from enrolment to goodbye, seen by the API and by an observer on the wire.

use rollcall_shared::{Cause, GoodbyeKind, Status};

use crate::lab::{Family, INSIDE_V4, Lab, PORT, ROUTER_V4, SERVER_V4, socket};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{CUT_MS, LABEL_MS, until_so};
use crate::real::server::Server;
use crate::real::skipped::say;
use crate::tap::Tap;

/// The longest that one tick lets time go on (rule 1), and so the latest that a deadline is noticed.
const LONGEST_TICK_MS: i64 = 2_000;

/// What people see of an agent, by whether it is in the unreachable network.
struct Seen {
    online: Status,
    offline: Status,
}

#[test]
fn an_agent_behind_a_nat_lives_and_dies_by_its_contacts() {
    life(
        "behind_a_nat",
        &Seen {
            online: Status::Online,
            offline: Status::Offline,
        },
    );
}

#[test]
fn an_agent_of_the_unreachable_network_lives_and_dies_by_its_contacts() {
    life(
        "in_the_unreachable_network",
        &Seen {
            online: Status::UnreachableOnline,
            offline: Status::UnreachableOffline,
        },
    );
}

fn life(test: &str, seen: &Seen) {
    let Some(lab) = Lab::lay(test, Family::V4, Family::V4) else {
        return;
    };
    let plan = lab.plan();
    let lease = i64::try_from(plan.time_out().as_millis()).unwrap();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    if seen.online == Status::UnreachableOnline {
        admin.save(|settings| settings.unreachable_network = vec!["10.77.0.0/24".parse().unwrap()]);
    }
    let tap = Tap::before(
        socket(SERVER_V4, PORT),
        socket(SERVER_V4, 9090),
        lab.network("server"),
    );

    let mut agent = Agent::enrolled(
        "inside",
        lab.network("inside"),
        &tap.url(),
        server.announcement.token(),
    );
    let id = admin.sees("inside", seen.online).id;
    assert_eq!(
        tap.peer(),
        Some(ROUTER_V4.parse().unwrap()),
        "it comes by the NAT"
    );
    let inward = lab
        .network("server")
        .connect(socket(INSIDE_V4, 22), std::time::Duration::from_secs(1));
    assert!(inward.is_err(), "the router lets nothing in");
    // It reports that it is still here, and not only that it began.
    let began = tap.last_ms();
    until_so("the agent sends heartbeats", || tap.last_ms() >= began + 1_000);

    tap.cut();
    agent.kill();
    let flipped = admin.transition(id, "it is offline", |one| one.to == seen.offline);
    let deadline = tap.last_ms() + lease;
    say(&format!(
        "{test}: offline {} ms after its deadline",
        flipped.at_ms - deadline
    ));
    assert!(matches!(flipped.cause, Cause::Deadline { .. }), "{flipped:?}");
    assert!(
        flipped.at_ms >= deadline - LABEL_MS,
        "before the deadline {deadline} of the observer: {flipped:?}"
    );
    // By the server's own account to the millisecond; and that account is the observer's.
    let heard = admin.agent("inside").last_contact.expect("it was heard").at_ms;
    assert!(
        flipped.at_ms >= heard + lease - CUT_MS,
        "heard at {heard}, and offline before its deadline: {flipped:?}"
    );
    assert!(heard >= tap.last_ms() - LABEL_MS, "{heard} {}", tap.last_ms());
    // Nor late. Both labels are made of the engine's own time, which counts no tick for longer than LONGEST_TICK_MS,
    // so this bounds nothing of the machine that runs the test: what a stall takes beyond that is blind time, which the
    // server tells, and which puts deadlines off.
    let blind = admin.blind(id, heard, flipped.at_ms);
    if blind.is_empty() {
        assert!(
            flipped.at_ms <= heard + lease + LONGEST_TICK_MS + LABEL_MS,
            "heard at {heard}, and offline too late: {flipped:?}"
        );
    } else {
        say(&format!(
            "{test}: the server was blind, which puts deadlines off: {blind:?}"
        ));
    }

    tap.mend();
    agent.start(&[]);
    admin.sees("inside", seen.online);
    agent.stop();
    let left = admin.transition(id, "it said goodbye", |one| {
        one.cause == Cause::Goodbye(GoodbyeKind::Stop)
    });
    assert_eq!(left.to, seen.offline, "{left:?}");
    assert!(
        left.at_ms < tap.last_ms() + lease,
        "at once, not by its deadline: {left:?}"
    );
    let history = admin.history();
    assert_eq!(history.offline(&[id]).len(), 2, "{history:#?}");
    server.must_run();
}
