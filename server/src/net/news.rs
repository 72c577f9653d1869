//! Tells agents of new settings by connecting to them, where they do not know yet and the server may.
//!
//! Those in the unreachable network learn at their next contact or poll. Who is told is asked of the version that the
//! agent last applied (rule 14): a range just added does not cut off those who do not know it yet. Who sends
//! heartbeats hears of it with the next one, so these are told last and by few places. Each is told once: who misses
//! it and sends no heartbeats is told at its turn (`net/rounds`).

use std::sync::Arc;

use rollcall_shared::dial::Purpose;
use rollcall_shared::{LeaseKind, Presence};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::case::Case;
use super::{Dialler, Lane};
use crate::engine::Engine;
use crate::roster::Roster;
use crate::settings::InForce;

/// Tells of each save until told to stop. A save during the telling begins it anew.
pub async fn run(
    dialler: Dialler,
    engine: Engine,
    roster: Arc<Roster>,
    settings: Arc<InForce>,
    mut stop: watch::Receiver<bool>,
) {
    let mut saves = settings.follow();
    loop {
        tokio::select! {
            changed = saves.changed() => if changed.is_err() { return },
            _ = stop.wait_for(|stop| *stop) => return,
        }
        saves.mark_unchanged();
        tokio::select! {
            () = tell(&dialler, &engine, &roster, &settings) => {}
            _ = stop.wait_for(|stop| *stop) => return,
            // Begun anew with the version that is now the newest.
            _ = saves.changed() => saves.mark_changed(),
        }
    }
}

async fn tell(dialler: &Dialler, engine: &Engine, roster: &Roster, settings: &InForce) {
    for lane in [Lane::News, Lane::Spare] {
        let mut telling = JoinSet::new();
        for agent in roster.agents_from(0) {
            let case = Case::of(agent, engine, roster, settings);
            if case.and_then(|case| lane_of(&case)) != Some(lane) {
                // A large fleet is gone through without holding up anybody else.
                tokio::task::consume_budget().await;
                continue;
            }
            if telling.len() >= lane.places() {
                telling.join_next().await;
            }
            let dialler = dialler.clone();
            telling.spawn(async move { dialler.dial(agent, Purpose::News, lane).await });
        }
        while telling.join_next().await.is_some() {}
    }
}

/// By which places an agent is told; nothing where it is not.
fn lane_of(case: &Case) -> Option<Lane> {
    if case.knows_newest || !case.may_be_told() || case.presence != Some(Presence::Online) {
        return None;
    }
    Some(match case.lives_by {
        LeaseKind::Heartbeat => Lane::Spare,
        LeaseKind::Poll | LeaseKind::Verification => Lane::News,
    })
}

#[cfg(test)]
mod tests;
