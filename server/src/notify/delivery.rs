//! Connects to the agents that news waits for and that the server may connect to. The others ask by themselves.
//!
//! Each is tried once a subject, by few places at a time; who sends heartbeats hears of it with the next one, so these
//! come last and by fewer. Who is missed is told at its turn (`net/rounds`).

use rollcall_shared::LeaseKind;
use rollcall_shared::console_api::WaitsFor;
use rollcall_shared::dial::Purpose;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Outbox;
use super::plan::{Known, waits_for};
use crate::net::{Dialler, Lane};

/// So many agents are looked at before others are let in between: each is a look into memory.
const AT_A_STRETCH: usize = 500;

/// Tells of each new subject until told to stop. One that comes during the telling begins it anew.
pub async fn run(outbox: Outbox, dialler: Dialler, mut stop: watch::Receiver<bool>) {
    let mut subjects = outbox.follow_new();
    // What was under way when the server was stopped goes on.
    subjects.mark_changed();
    loop {
        tokio::select! {
            changed = subjects.changed() => if changed.is_err() { return },
            _ = stop.wait_for(|stop| *stop) => return,
        }
        tokio::select! {
            () = tell(&outbox, &dialler) => {}
            _ = stop.wait_for(|stop| *stop) => return,
            _ = subjects.changed() => subjects.mark_changed(),
        }
    }
}

async fn tell(outbox: &Outbox, dialler: &Dialler) {
    for lane in [Lane::News, Lane::Spare] {
        let mut telling = JoinSet::new();
        for subject in outbox.subjects() {
            let mut after = None;
            loop {
                let page = outbox.queued_after(&subject, after, AT_A_STRETCH);
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (agent, known) in &page {
                    if lane_of(known) != Some(lane) {
                        continue;
                    }
                    if telling.len() >= lane.places() {
                        telling.join_next().await;
                    }
                    let (agent, dialler) = (*agent, dialler.clone());
                    telling.spawn(async move { dialler.dial(agent, Purpose::News, lane).await });
                }
                // A large fleet is gone through without holding up anybody else.
                tokio::task::yield_now().await;
            }
        }
        while telling.join_next().await.is_some() {}
    }
}

/// By which places an agent is told; nothing where it is not.
fn lane_of(known: &Known) -> Option<Lane> {
    if waits_for(known) != WaitsFor::Dial {
        return None;
    }
    Some(match known.case?.lives_by {
        LeaseKind::Heartbeat => Lane::Spare,
        LeaseKind::Poll | LeaseKind::Verification => Lane::News,
    })
}

#[cfg(test)]
mod tests;
