//! What the agents of a run do, told in the words of `--help`.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::BinaryHeap;

use rollcall_shared::patience::{LONGEST_BACKOFF, LONGEST_SLOT};
use tokio::task::JoinSet;

use crate::cli::{Cli, Scenario};
use crate::clock::in_us;
use crate::pace::{Pace, climbed};
use crate::run::{Run, RunError};
use crate::summary::{Summary, seconds};

/// How much later than its deadline, and than the feed's beat, a transition may be seen before it is called missing.
const GRACE_US: u64 = 30_000_000;

/// A lease that ends so much after it may be worth waiting for, but not without a word.
const LONG_LEASE_US: u64 = 300_000_000;

/// How the agents of a scenario come: spread over their interval, where it is about a fleet that has run for long.
pub(crate) fn pace(cli: &Cli) -> Pace {
    Pace {
        // With packets, it is they that come so often.
        every_ms: cli
            .interval
            .filter(|_| !cli.udp)
            .map(|interval| in_us(interval.0) / 1_000),
        spread: matches!(cli.scenario, Scenario::Steady | Scenario::Outage | Scenario::Flap),
    }
}

/// Runs it, and sums up.
pub(crate) async fn play(mut run: Run, cli: &Cli) -> Result<Summary, RunError> {
    let connections = run.traffic.serve(run.connections);
    let lasting = cli.lasting.0;
    if !run.until_pictured().await? {
        return Ok(run.sum_up(connections));
    }
    match cli.scenario {
        Scenario::Ramp | Scenario::Herd => {}
        Scenario::Steady | Scenario::Max | Scenario::Outage | Scenario::Flap => {
            if !run.settle().await? {
                return Ok(run.sum_up(connections));
            }
        }
    }
    run.begin(lasting);
    let connections = match cli.scenario {
        Scenario::Steady => steady(&mut run, "steady", lasting).await.map(|_| connections)?,
        Scenario::Max => max(&mut run, lasting, connections).await?,
        Scenario::Ramp => ramp(&mut run, lasting).await.map(|()| connections)?,
        Scenario::Herd => herd(&mut run, lasting).await.map(|()| connections)?,
        Scenario::Outage => outage(&mut run, lasting).await.map(|()| connections)?,
        Scenario::Flap => flap(&mut run, lasting, cli.share).await.map(|()| connections)?,
    };
    Ok(run.sum_up(connections))
}

/// All beat. Gives whether it was not interrupted.
async fn steady(run: &mut Run, name: &'static str, lasting: Duration) -> Result<bool, RunError> {
    let until_us = run.passed_us() + in_us(lasting);
    run.part(name, lasting.as_secs());
    while run.passed_us() < until_us {
        run.note_course();
        let done = lasting
            .as_secs()
            .saturating_sub((until_us - run.passed_us().min(until_us)) / 1_000_000);
        if !run.turn(done).await? {
            return Ok(false);
        }
    }
    run.note_course();
    Ok(true)
}

/// Heartbeats in a closed loop.
async fn max(run: &mut Run, lasting: Duration, pool: JoinSet<()>) -> Result<JoinSet<()>, RunError> {
    // Each loop needs an agent of its own, or two would use one sequence.
    let loops = run.connections.min(run.with(|fleet| fleet.size()));
    drop(pool);
    let loops = run.traffic.hammer(loops);
    run.part("max", lasting.as_secs());
    while run.passed_us() < in_us(lasting) {
        run.note_course();
        if !run.pause(run.passed_us() / 1_000_000).await? {
            break;
        }
    }
    run.note_course();
    Ok(loops)
}

/// From none to all.
async fn ramp(run: &mut Run, lasting: Duration) -> Result<(), RunError> {
    let (size, lasting_us) = (run.with(|fleet| fleet.size()), in_us(lasting));
    run.part("ramp", size.into());
    let mut begun = 0;
    while run.passed_us() < lasting_us {
        let (wanted, now_us) = (climbed(size, run.passed_us(), lasting_us), run.now_us());
        run.with(|fleet| (begun..wanted).for_each(|number| fleet.begin(number, now_us)));
        begun = begun.max(wanted);
        run.note_course();
        if !run.turn(begun.into()).await? {
            break;
        }
    }
    run.note_course();
    Ok(())
}

/// All at one instant.
async fn herd(run: &mut Run, lasting: Duration) -> Result<(), RunError> {
    let (size, now_us) = (run.with(|fleet| fleet.size()), run.now_us());
    run.part("herd", size.into());
    run.with(|fleet| (0..size).for_each(|number| fleet.begin(number, now_us)));
    while run.passed_us() < in_us(lasting) {
        run.note_course();
        let (registered, shown) = run.with(|fleet| (fleet.registered, fleet.shown_online));
        if registered >= size && (!run.is_watched() || shown >= size) {
            break;
        }
        if !run.turn(registered.into()).await? {
            break;
        }
    }
    run.note_course();
    run.with(|fleet| fleet.tally.unregistered = u64::from(size - fleet.registered));
    Ok(())
}

/// All silent at one instant, and back.
async fn outage(run: &mut Run, lasting: Duration) -> Result<(), RunError> {
    let size = run.with(|fleet| fleet.size());
    let lease_us = run.with(|fleet| fleet.longest_lease_us);
    if lease_us > LONG_LEASE_US {
        run.say(&format!(
            "the server's settings keep an agent online for {:.0} s, so this takes as long. A server of its own with \
             --offline-after 1 is quicker",
            seconds(lease_us)
        ));
    }
    if !steady(run, "all beat", lasting).await? {
        return Ok(());
    }
    run.with(|fleet| (0..size).for_each(|number| fleet.silence(number)));
    let silent_us = run.now_us();
    run.say(&format!("{:>7.1} s  all are silent", seconds(run.passed_us())));
    run.part("all are silent", size.into());
    loop {
        run.note_course();
        let (online, last_us) = run.with(|fleet| (fleet.silent_online, fleet.last_silent_lease_us()));
        // What was under way was still answered, so this is asked each time.
        let last_us = last_us.unwrap_or(silent_us);
        let over = if run.is_watched() {
            online == 0 || run.now_us() > last_us + GRACE_US
        } else {
            run.now_us() > last_us
        };
        if over {
            break;
        }
        if !run.turn((size - online).into()).await? {
            return Ok(());
        }
    }
    let now_us = run.now_us();
    run.with(|fleet| {
        fleet.tally.transitions.missing = fleet.missing(now_us, 0);
        (0..size).for_each(|number| fleet.voice(number, now_us));
    });
    run.say(&format!(
        "{:>7.1} s  all may speak again",
        seconds(run.passed_us())
    ));
    run.part("all come back", size.into());
    let longest_us = run.with(|fleet| fleet.longest_interval_ms) * 1_000;
    let until_us = now_us + longest_us.min(in_us(LONGEST_BACKOFF)) + in_us(LONGEST_SLOT) + GRACE_US;
    while run.now_us() < until_us {
        run.note_course();
        let (away, shown) = run.with(|fleet| (fleet.away, fleet.shown_online));
        if away == 0 && (!run.is_watched() || shown >= size) {
            break;
        }
        if !run.turn((size - away).into()).await? {
            break;
        }
    }
    run.note_course();
    run.with(|fleet| fleet.tally.unreturned = fleet.away.into());
    Ok(())
}

/// A share goes and comes.
async fn flap(run: &mut Run, lasting: Duration, share: u8) -> Result<(), RunError> {
    let size = run.with(|fleet| fleet.size());
    let some = u32::try_from((u64::from(size) * u64::from(share)).div_ceil(100)).unwrap_or(size);
    let (lease_us, every_us) = run.with(|fleet| (fleet.longest_lease_us, fleet.longest_interval_ms * 1_000));
    let (silent_us, loud_us) = (flap_silence(lease_us), 2 * every_us + 2_000_000);
    if silent_us > in_us(lasting) {
        run.notes.push(format!(
            "no lease ends within --for: an agent is silent for {:.0} s each time",
            seconds(silent_us)
        ));
    }
    // Evenly over one round, so that somebody goes and somebody comes all the time.
    let (began_us, round_us) = (run.now_us(), silent_us + loud_us);
    let mut turns: BinaryHeap<Reverse<(u64, u32, bool)>> = (0..some)
        .map(|number| {
            Reverse((
                began_us + u64::from(number) * round_us / u64::from(some),
                number,
                true,
            ))
        })
        .collect();
    run.part("flap", lasting.as_secs());
    while run.passed_us() < in_us(lasting) {
        let now_us = run.now_us();
        while let Some(Reverse((at_us, number, goes))) = turns.peek().copied()
            && at_us <= now_us
        {
            turns.pop();
            run.with(|fleet| {
                if goes {
                    fleet.silence(number);
                } else {
                    fleet.voice(number, now_us);
                }
            });
            turns.push(Reverse((
                now_us + if goes { silent_us } else { loud_us },
                number,
                !goes,
            )));
        }
        run.note_course();
        if !run.turn(run.passed_us() / 1_000_000).await? {
            break;
        }
    }
    run.note_course();
    let now_us = run.now_us();
    // Seen within the feed's beat, but for what a busy machine adds.
    run.with(|fleet| fleet.tally.transitions.missing = fleet.missing(now_us, 2_000_000));
    Ok(())
}

/// How long an agent that flaps is silent: its lease, and as much more as the feed may take to show it.
const fn flap_silence(lease_us: u64) -> u64 {
    lease_us + lease_us / 20 + 2_000_000
}
