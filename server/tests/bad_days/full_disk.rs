//! The disk under the data folder is full: a clear state, not a crash, and presence goes on. With room again, so does
//! everything else, and what is acknowledged then is as durable as ever.

mod disk;

use disk::Disk;
use rollcall_shared::Status;

use crate::driven::{Driven, Steady, ask_to_enrol};
use crate::real::admin::Admin;
use crate::real::moment::until_so;
use crate::real::server::{Plan, Server};
use crate::real::skipped::forbidden;

#[test]
fn a_full_disk_is_told_and_costs_no_presence() {
    let folder = tempfile::tempdir().unwrap();
    let disk = match Disk::mount(folder.path()) {
        Ok(disk) => disk,
        Err(missing) => {
            forbidden("a full disk", &missing);
            return;
        }
    };
    let mut plan = Plan::on_loopback();
    let time_out = plan.time_out();
    plan.data = Some(folder.path().to_owned());
    plan.wrapped_in = disk.entering();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let (peer, token) = (server.peer(), admin.token());
    let enrol = |name: &str, number| Driven::enrolled(&peer, &token, name, number);
    let agents = (1..=3).map(|number| enrol(&format!("steady-{number}"), number));
    let steady = Steady::keep(agents.collect(), time_out / 8);
    let mut leaving = enrol("leaving", 11);
    admin.transition(leaving.id, "it is online", |one| one.to == Status::Online);
    let before = admin.history();

    // Again and again: the database gives space back when it tidies up.
    until_so("the full disk makes the server unready, which says so", || {
        disk.fill();
        let (ready, words) = admin.readiness();
        !ready && words.contains("disk is full")
    });
    let mut number = 100;
    until_so("an edit is refused, and says so", || {
        disk.fill();
        number += 1;
        ask_to_enrol(&peer, &token, "refused", number).unwrap().status == 503
    });
    steady.heard(8);
    assert!(leaving.goodbye().unwrap().is_success());
    let alive = peer.call("GET", "/healthz", &[], None).unwrap();
    assert!(alive.is_success(), "{alive:?}");
    server.must_run();

    disk.free();
    until_so("the server is ready again", || admin.readiness().0);
    steady.heard(2);
    admin.transition(leaving.id, "the goodbye", |one| one.to == Status::Offline);
    let answer = ask_to_enrol(&peer, &token, "edit", 14).unwrap();
    let mut edit = Driven::of(&peer, "edit", answer.json());
    let shown = admin.history();
    shown.still_has(&before);
    // What was acknowledged is on the disk, and not only in a transaction that nobody ends.
    server.kill();
    server.start_again();
    assert!(edit.register().unwrap().is_success());
    steady.heard(2);
    let after = admin.history();
    after.still_has(&shown);
    after.nobody_falsely_offline(&steady.ids);
    server.must_run();
}
