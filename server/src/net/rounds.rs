//! Scheduled verification (rule 3, third kind): connects to each agent that is kept online by nothing else, before its
//! lease ends; and tells those who have missed new settings.
//!
//! Each agent has its turn once an interval, spread as the contacts of agents are ([`turns`]). Whether it then depends
//! on being connected to is asked at its turn ([`visit`]), so that a change of settings or of an address needs no
//! bookkeeping here; where it does not, its turn costs a look into memory.

mod turns;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use rollcall_shared::AgentId;
use rollcall_shared::console_api::VerificationOutcome;
use rollcall_shared::settings::Days;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::case::Case;
use super::{Dialler, Lane, Untold};
use crate::engine::Engine;
use crate::roster::Roster;
use crate::settings::InForce;
use turns::Turns;
use visit::{Plan, Record, after, plan, put_off};

/// How often turns are looked for; a short minute (demonstrations) has shorter intervals.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After so many turns others are let in between: each is only a look into memory, but all of a large fleet may be due
/// at once where the server stood still.
const AT_A_STRETCH: usize = 1_000;

/// A visit that is over.
struct Visited {
    agent: AgentId,
    lane: Lane,
    record: Record,
    outcome: VerificationOutcome,
}

/// How many visits are under way in each lane of the rounds. No more than there are places: the others keep their
/// order as turns.
#[derive(Default)]
struct UnderWay {
    turn: usize,
    again: usize,
    spare: usize,
}

impl UnderWay {
    const fn of(&mut self, lane: Lane) -> &mut usize {
        match lane {
            Lane::Again => &mut self.again,
            Lane::Spare => &mut self.spare,
            _ => &mut self.turn,
        }
    }

    const fn is_full(&mut self, lane: Lane) -> bool {
        *self.of(lane) >= lane.places()
    }
}

/// Verifies until told to stop.
pub async fn run(
    dialler: Dialler,
    engine: Engine,
    roster: Arc<Roster>,
    settings: Arc<InForce>,
    untold: Arc<Untold>,
    mut stop: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY.min(settings.minute() / 4));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let day = Days::MIN.lasting(settings.minute());
    let case = |agent| Case::of(agent, &engine, &roster, &settings, &untold);
    let every_of = |case: Option<Case>| match case {
        Some(case) => case.every.lasting(settings.minute()),
        None => interval(&settings),
    };
    let mut turns = Turns::new(interval(&settings));
    let mut visits: JoinSet<Visited> = JoinSet::new();
    let mut under_way = UnderWay::default();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            Some(ended) = visits.join_next() => match ended {
                Ok(Visited { agent, lane, record, outcome }) => {
                    *under_way.of(lane) -= 1;
                    // Asked anew: the interval may have been shortened meanwhile.
                    let every = every_of(case(agent));
                    let (record, wait) = after(lane, record, outcome, every, day);
                    turns.give(agent, record, wait, engine.now());
                }
                Err(error) => tracing::error!(%error, "a visit did not end in good order"),
            },
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let now = engine.now();
        turns.come_every(interval(&settings), now);
        if roster.count() > turns.rows() {
            turns.take_up(
                &roster.agents_from(turns.rows()),
                |agent| every_of(case(agent)),
                now,
            );
        }
        let mut looked_at = 0;
        while !under_way.is_full(Lane::Turn)
            && let Some((agent, record)) = turns.take(now)
        {
            let case = case(agent);
            let every = every_of(case);
            let planned = case.map_or(Plan::Pass(record), |case| plan(&case, record));
            match planned {
                Plan::Pass(record) => turns.give(agent, record, every, now),
                Plan::Visit(_, lane) if under_way.is_full(lane) => {
                    turns.give(agent, record, put_off(lane, every), now);
                }
                Plan::Visit(purpose, lane) => {
                    *under_way.of(lane) += 1;
                    let dialler = dialler.clone();
                    visits.spawn(async move {
                        let outcome = dialler.dial(agent, purpose, lane).await.outcome;
                        Visited {
                            agent,
                            lane,
                            record,
                            outcome,
                        }
                    });
                }
            }
            looked_at += 1;
            if looked_at % AT_A_STRETCH == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}

fn interval(settings: &InForce) -> Duration {
    let every = settings.current().settings.verify_every;
    every.lasting(settings.minute())
}

#[cfg(test)]
mod tests;
