//! Looks each second how much the server has to do: how busy its processors were, who found no place, and who is yet to
//! come. What follows from it is `arrivals`'.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use rollcall_shared::Status;
use tokio::sync::watch;

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::roster::Roster;

const EVERY: Duration = Duration::from_secs(1);

/// Looks until told to stop.
pub async fn run(
    clock: Clock,
    engine: Engine,
    roster: Arc<Roster>,
    arrivals: Arc<Arrivals>,
    mut stop: watch::Receiver<bool>,
) {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let cores = u32::try_from(cores.get()).unwrap_or(u32::MAX);
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first would come at once.
    tick.reset();
    let mut before = (clock.monotonic(), clock.processors());
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let now = (clock.monotonic(), clock.processors());
        let passed = now.0.saturating_sub(before.0);
        let busy = thousandths(now.1.saturating_sub(before.1), passed.saturating_mul(cores));
        before = now;
        engine.count_contacts(passed);
        // Only where somebody is sent away does it matter how many are missing: counting them looks at the whole fleet.
        if arrivals.time_passed(passed, busy) {
            arrivals.expect(missing(&engine, &roster).await);
        } else {
            arrivals.came_back(passed);
        }
    }
}

/// Who is part of the roll call and was not heard since the server can hear.
async fn missing(engine: &Engine, roster: &Roster) -> u32 {
    let Ok(told) = engine.unheard().await else {
        return 0;
    };
    let counts = roster.counts();
    let offline: usize = [Status::Offline, Status::UnreachableOffline]
        .iter()
        .filter_map(|status| counts.get(status))
        .sum();
    u32::try_from(offline)
        .unwrap_or(u32::MAX)
        .saturating_add(told.unheard)
}

fn thousandths(part: Duration, whole: Duration) -> u32 {
    let whole = whole.as_micros().max(1);
    u32::try_from(part.as_micros() * 1_000 / whole).unwrap_or(u32::MAX)
}
