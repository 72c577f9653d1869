//! The server is killed two hundred times, at moments drawn from a seed, while agents enrol, report, leave and go
//! silent and an admin saves settings. Whatever it acknowledged or showed is there afterwards.

mod acknowledged;
mod dice;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use acknowledged::{Enrolments, Saves, Shown};
use dice::Dice;

use crate::driven::{Driven, Steady};
use crate::real::admin::Admin;
use crate::real::moment::{pass, until_so};
use crate::real::server::{Plan, Server};
use crate::real::skipped::say;

const LIVES: u32 = 200;

/// One life in so many outlasts a time-out, so that deadlines fall between the kills.
const LONG_ONE_IN: u32 = 40;

/// One life in so many ends before the server listens: while it migrates, reads its fleet, and opens its door.
const UNBORN_ONE_IN: u64 = 8;

/// About twice as long as a start takes.
const LONGEST_BIRTH: Duration = Duration::from_millis(400);

/// Long enough for each kind of call to be under way in some life.
const LONGEST_LIFE: Duration = Duration::from_millis(400);

/// Ends the workers, also where the test fails: it would wait for them without end.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_server_that_is_killed_two_hundred_times_loses_nothing_that_it_acknowledged() {
    let mut dice = Dice::from_environment();
    let mut plan = Plan::on_loopback();
    // Longer than a start may take on a busy machine: the agents must be able to be on time.
    plan.offline_after = 8;
    let time_out = plan.time_out();
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let (peer, token) = (server.peer(), admin.token());
    let steady = (1..=6)
        .map(|number| Driven::enrolled(&peer, &token, &format!("steady-{number}"), number))
        .collect();
    let steady = Steady::keep(steady, Duration::from_millis(150));
    let (enrolments, saves, shown) = (Enrolments::new(&peer, &token), Saves::default(), Shown::default());

    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let end = Ends(&over);
        let workers = [
            scope.spawn(|| enrolments.go_on_until(&over)),
            scope.spawn(|| shown.go_on_until(&admin, &over)),
            scope.spawn(|| saves.go_on_until(&admin, &over)),
        ];
        for life in 1..=LIVES {
            if workers.iter().any(std::thread::ScopedJoinHandle::is_finished) {
                break;
            }
            if life > 1 {
                server.launch();
                if dice.roll().is_multiple_of(UNBORN_ONE_IN) {
                    pass(dice.span(LONGEST_BIRTH));
                    server.kill();
                    continue;
                }
                server.listens();
            }
            if life.is_multiple_of(LONG_ONE_IN) {
                pass(time_out + time_out / 2);
            } else {
                pass(dice.span(LONGEST_LIFE));
            }
            server.kill();
        }
        server.start_again();
        steady.heard(2);
        drop(end);
        for worker in workers {
            worker.join().expect("a worker saw something lost: see above");
        }
    });

    // What was said last may have been answered just now: it is kept then, and in history within a second.
    until_so("what was said last is in history", || {
        enrolments.the_last_has_left(&admin.history())
    });
    let history = admin.history();
    history.nobody_falsely_offline(&steady.ids);
    let steady = steady.rest();
    let transitions = shown.are_still_in(&history);
    let (left, flips) = (
        enrolments.have_left(&admin, &history),
        enrolments.flipped(&history),
    );
    let agents = enrolments.are_still_known(&admin);
    let versions = saves.are_still_there(&admin);
    say(&format!(
        "{LIVES} kills: {agents} agents enrolled, {left} of them left, {flips} deadlines, {transitions} transitions \
         shown, {versions} settings saved, {} agents contacting all the time",
        steady.len()
    ));
    assert!(
        agents > 20 && left > 5 && flips > 5 && transitions > 50 && versions > 20,
        "too little went on for the kills to interrupt"
    );
    server.must_run();
}
