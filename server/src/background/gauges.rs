//! Keeps the gauges of `/metrics` true: the fleet by status, what waits to be written.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use rollcall_shared::Status;
use tokio::sync::watch;

use super::disk_watch::DiskState;
use super::journal::Journal;
use crate::arrivals::Arrivals;
use crate::engine::Engine;
use crate::engine::detection::Stage;
use crate::roster::Roster;

/// How often: well below the quarter of a minute at which such pages are read.
const EVERY: Duration = Duration::from_secs(5);

const AGENTS: &str = "rollcall_agents";
const WAITING: &str = "rollcall_journal_waiting";
const LOST: &str = "rollcall_journal_lost_total";
const DISK_FAILS: &str = "rollcall_disk_fails";
const DELAY: &str = "rollcall_detection_delay_seconds";
const DELAYS: &str = "rollcall_detection_delays";
const SENT_AWAY: &str = "rollcall_sent_away_total";
const STRETCH: &str = "rollcall_interval_stretch";

/// Keeps the gauges true until told to stop.
pub async fn run(
    engine: Engine,
    arrivals: Arc<Arrivals>,
    roster: Arc<Roster>,
    journal: Journal,
    mut stop: watch::Receiver<bool>,
) {
    describe_gauge!(AGENTS, "Agents by status");
    describe_gauge!(WAITING, "Changes that are not yet in the database");
    describe_counter!(LOST, "Changes that neither the disk nor the database took");
    describe_gauge!(
        DELAY,
        Unit::Seconds,
        "From a deadline to its transition, and from a transition to the feed, over the last hour"
    );
    describe_gauge!(DELAYS, "Transitions that those delays are of");
    describe_counter!(
        SENT_AWAY,
        "Agents' calls that were heard and told to come back later"
    );
    describe_gauge!(
        STRETCH,
        "How much longer than set the dictated intervals are; 1 is as set"
    );
    describe_gauge!(DISK_FAILS, "1 while the data folder's disk takes nothing");
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let counts = roster.counts();
        for status in Status::ALL {
            gauge!(AGENTS, "status" => status.key()).set(as_f64(counts.get(&status).copied().unwrap_or(0)));
        }
        gauge!(WAITING).set(as_f64(usize::try_from(journal.waiting()).unwrap_or(usize::MAX)));
        tell_delays(&engine);
        let load = arrivals.standing();
        counter!(SENT_AWAY).absolute(load.sent_away);
        gauge!(STRETCH).set(f64::from(load.stretch.thousandths()) / 1_000.0);
        counter!(LOST).absolute(journal.lost());
        gauge!(DISK_FAILS).set(if journal.disk() == DiskState::Fine {
            0.0
        } else {
            1.0
        });
    }
}

/// The promise of rule 4, as it was kept.
fn tell_delays(engine: &Engine) {
    for stage in Stage::ALL {
        let told = engine.lateness(stage);
        gauge!(DELAYS, "stage" => stage.key()).set(as_f64(usize::try_from(told.count).unwrap_or(usize::MAX)));
        for (quantile, span) in [("0.5", told.median), ("0.99", told.p99), ("1", told.worst)] {
            gauge!(DELAY, "stage" => stage.key(), "quantile" => quantile).set(span.as_secs_f64());
        }
    }
}

/// Exact up to four thousand million, which no count here reaches.
fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
