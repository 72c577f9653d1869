//! The database goes away under the server and comes back: it stops edits, not presence.

use rollcall_shared::Status;

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
