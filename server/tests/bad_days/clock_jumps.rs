//! The wall clock jumps a day ahead, a day back, and to where it was. It labels history and decides nothing.

use std::path::{Path, PathBuf};

use rollcall_shared::Status;

use crate::driven::{Driven, Steady};
use crate::real::admin::Admin;
use crate::real::moment::{pass, wall_ms};
use crate::real::server::{Plan, Server};
use crate::real::skipped::skipped;

const A_DAY_MS: i64 = 24 * 3_600_000;

/// Wider than any test runs, narrower than what is told apart: days.
const AN_HOUR_MS: i64 = 3_600_000;

/// Debian's: the folder is that of the machine's kind.
fn library() -> Option<PathBuf> {
    let kinds = std::fs::read_dir("/usr/lib").ok()?;
    kinds
        .filter_map(Result::ok)
        .map(|kind| kind.path().join("faketime/libfaketime.so.1"))
        .find(|path| path.exists())
}

/// Sets the server's clock, as a difference to the machine's; in one step, since it is read at any moment.
fn set(file: &Path, difference: &str) {
    let draft = file.with_extension("draft");
    std::fs::write(&draft, format!("{difference}\n")).unwrap();
    std::fs::rename(&draft, file).unwrap();
}

#[test]
fn a_wall_clock_that_jumps_a_day_makes_nobody_offline() {
    let Some(library) = library() else {
        skipped(
            "a wall clock that jumps",
            "libfaketime (apt-get install libfaketime)",
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    set(&clock, "+0");
    let mut plan = Plan::on_loopback();
    let time_out = plan.time_out();
    plan.environment = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let token = admin.token();
    let enrol = |name: &str, number| Driven::enrolled(&server.peer(), &token, name, number);
    let steady = Steady::keep(
        (1..=3)
            .map(|number| enrol(&format!("steady-{number}"), number))
            .collect(),
        time_out / 8,
    );

    let jumps = [("+1d", A_DAY_MS), ("-1d", -A_DAY_MS), ("+0", 0)];
    for (number, (difference, shift)) in (100_u64..).zip(jumps) {
        let name = format!("silent{difference}");
        let silent = enrol(&name, number);
        set(&clock, difference);
        // The clock that labels has jumped: else nothing would be shown by what follows.
        let witness = enrol(&format!("witness{difference}"), number + 100);
        let labelled = admin.transition(witness.id, "the witness registered", |one| {
            one.to == Status::Online
        });
        let off = labelled.at_ms - wall_ms() - shift;
        assert!(
            off.abs() < AN_HOUR_MS,
            "{difference}: labelled {off} ms off: {labelled:?}"
        );
        pass(time_out * 2);
        steady.heard(4);
        // Deadlines fall as ever.
        admin.transition(silent.id, "the silent one is offline", |one| {
            one.to == Status::Offline
        });
        admin.history().nobody_falsely_offline(&steady.ids);
    }
    server.must_run();
}
