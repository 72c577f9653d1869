//! Writes down now and then when agents were last heard, so that a restart remembers it.
//!
//! A heartbeat writes nothing. What is written here grows with the fleet and not with how often it reports: each
//! agent at most once a round.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rollcall_shared::AgentId;
use tokio::sync::watch;

use super::journal::Journal;
use crate::roster::Roster;
use crate::store::journal::Entry;

/// How often: what a crash makes the history forget.
const EVERY: Duration = Duration::from_mins(1);

/// Contacts in one entry of the journal.
const TOGETHER: usize = 10_000;

/// Writes until told to stop, and once more then.
pub async fn run(roster: Arc<Roster>, journal: Journal, mut stop: watch::Receiver<bool>) {
    let mut written: HashMap<AgentId, i64> = HashMap::new();
    let mut round = tokio::time::interval(EVERY);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopping = tokio::select! {
            _ = round.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        let news: Vec<_> = roster
            .last_contacts()
            .into_iter()
            .filter(|(agent, at_ms, _)| written.insert(*agent, *at_ms) != Some(*at_ms))
            .collect();
        for together in news.chunks(TOGETHER) {
            journal.push(Entry::Contacts(together.to_vec()));
        }
        if stopping {
            return;
        }
    }
}
