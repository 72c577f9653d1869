//! The database goes away under the server and comes back: it stops edits, not presence.

use rollcall_shared::Status;
use rollcall_shared::console_api::{Availability, BlindReason};

use crate::driven::{Driven, Steady, ask_to_enrol};
use crate::postgres::Postgres;
use crate::real::admin::Admin;
use crate::real::moment::{LABEL_MS, pass, until_so, wall_ms};
use crate::real::server::{Plan, Server};
use crate::real::skipped::skipped;

#[test]
fn a_database_that_goes_away_costs_edits_and_no_presence() {
    let mut postgres = match Postgres::start() {
        Ok(postgres) => postgres,
        Err(missing) => {
            skipped("a database that goes away", &missing);
            return;
        }
    };
    let mut plan = Plan::on_loopback();
    plan.database = Some(postgres.url());
    let time_out = plan.time_out();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let (peer, token) = (server.peer(), admin.token());
    let enrol = |name: &str, number| Driven::enrolled(&peer, &token, name, number);
    let steady = Steady::keep(
        (1..=5)
            .map(|number| enrol(&format!("steady-{number}"), number))
            .collect(),
        time_out / 8,
    );
    // Heard until there is no database: how long that takes must not be their time-out.
    let kept = Steady::keep(
        vec![enrol("leaving", 11), enrol("booting", 12), enrol("silent", 13)],
        time_out / 8,
    );
    let before = admin.history();

    postgres.stop();
    let stopped_at = wall_ms();
    until_so("the server says that it has no database", || {
        let (ready, words) = admin.readiness();
        !ready && words.contains("database")
    });
    let [mut leaving, mut booting, silent] = <[Driven; 3]>::try_from(kept.rest()).unwrap();
    // What changes meanwhile, one by one: so their order is known.
    assert!(booting.boot_again().unwrap().is_success());
    assert!(leaving.goodbye().unwrap().is_success());
    let refused = ask_to_enrol(&peer, &token, "edit", 14).unwrap();
    assert_eq!(
        refused.status, 503,
        "an edit is refused, and says so: {refused:?}"
    );
    // The silent one's deadline falls in here.
    let quiet_until = wall_ms();
    pass(time_out * 3);
    steady.heard(3);
    assert!(booting.contact(), "it was heard when there was no database");
    postgres.launch();
    let started_at = wall_ms();

    until_so("the server has its database again", || admin.readiness().0);
    let left = admin.transition(leaving.id, "the goodbye", |one| one.to == Status::Offline);
    let quiet = admin.transition(silent.id, "the deadline", |one| one.to == Status::Offline);
    for one in [&left, &quiet] {
        assert!(
            (stopped_at - LABEL_MS..=started_at + LABEL_MS).contains(&one.at_ms),
            "{stopped_at} {one:?} {started_at}"
        );
    }
    assert!(
        left.at_ms <= quiet_until + LABEL_MS,
        "{left:?} {stopped_at} {quiet_until} {started_at}"
    );
    steady.heard(2);
    // Changes go on landing.
    let late = enrol("late", 15);
    admin.transition(late.id, "it is online", |one| one.to == Status::Online);
    let after = admin.history();
    after.still_has(&before);
    let in_order = after
        .0
        .is_sorted_by(|one, next| one.at_ms <= next.at_ms + LABEL_MS);
    assert!(in_order, "{after:#?}");
    after.nobody_falsely_offline(&steady.ids);
    server.must_run();
}

#[test]
fn a_server_that_is_killed_without_its_database_was_away_only_from_then_on() {
    let mut postgres = match Postgres::start() {
        Ok(postgres) => postgres,
        Err(missing) => {
            skipped("a kill while the database is away", &missing);
            return;
        }
    };
    let mut plan = Plan::on_loopback();
    plan.database = Some(postgres.url());
    let time_out = plan.time_out();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let (peer, token) = (server.peer(), admin.token());
    let agents = (1..=3).map(|number| Driven::enrolled(&peer, &token, &format!("steady-{number}"), number));
    let steady = Steady::keep(agents.collect(), time_out / 8);
    steady.heard(2);

    postgres.stop();
    until_so("the server says that it has no database", || {
        let (ready, words) = admin.readiness();
        !ready && words.contains("database")
    });
    let without_since = wall_ms();
    // Longer than any lease, in which all are heard.
    pass(time_out * 2);
    steady.heard(2);
    let heard_until = server.saves_engine_time();
    server.kill();
    let killed_at = wall_ms();
    postgres.launch();
    server.start_again();
    let launched_at = wall_ms();
    steady.heard(2);

    for id in &steady.ids {
        let divide = |from: i64, to: i64| {
            let path = format!("/api/v1/agents/{id}/availability?from_ms={from}&to_ms={to}");
            admin.read::<Availability>(&path)
        };
        // What the database never learnt is known all the same. A stall of the machine that runs the test is told, too.
        let known = divide(without_since, heard_until);
        let away = |known: &Availability| known.blind.iter().any(|span| span.reason == BlindReason::Away);
        assert!(
            !away(&known),
            "agents were heard, and it is booked as absence: {known:?}"
        );
        assert_eq!(
            known.online_ms + known.unknown_ms,
            heard_until - without_since,
            "{known:?}"
        );
        assert!(known.online_ms > 0, "{known:?}");
        let gap = divide(killed_at, launched_at);
        assert!(away(&gap), "the absence itself is told: {gap:?}");
        assert_eq!(gap.offline_ms, 0, "{gap:?}");
    }
    admin.history().nobody_falsely_offline(&steady.ids);
    server.must_run();
}
