//! What can only be judged over time: that nobody is offline who could be heard, and that history is whole.

use rollcall_presence::availability;
use rollcall_shared::{Presence, Status};

use super::{SECOND, World};
use crate::faults::Fault;
use crate::oracle::Standing;
use crate::oracle::history::naive_shares;
use crate::violation::{Violation, same};

impl World {
    /// An agent that could be heard all along since it was last heard does not go offline: whatever befell the server
    /// in between is not its fault (rule 6), and what it was told to do is enough (rules 3 and 15).
    pub(super) fn check_innocence(&self, machine: usize) -> Result<(), Violation> {
        let one = &self.machines[machine];
        let was_well = one
            .well_since
            .is_some_and(|since| since + SECOND <= one.counted_at);
        if self.shape.is_real() && was_well && self.can_be_heard(machine) {
            let what = format!(
                "agent {machine} went offline, but was well since {:?} and last heard at {}",
                one.well_since, one.counted_at
            );
            return Err(Violation::of(6, what));
        }
        Ok(())
    }

    /// Whether the settings ask for nothing that an agent's place in the network does not permit: who cannot be dialled
    /// must not have to be.
    fn can_be_heard(&self, machine: usize) -> bool {
        let known = &self.oracle.agents[machine];
        let is_dialled_in_vain = self.machines[machine].gateway != 0 && known.ruling.may_be_dialled;
        known.standing != Standing::Retired && !is_dialled_in_vain
    }

    /// Who has been well for long enough, with a server that hears, is online, where the server believes, and lives by
    /// the newest settings.
    pub(super) fn check_who_is_back(&self) -> Result<(), Violation> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        if !self.shape.is_real() {
            return Ok(());
        }
        for (machine, one) in self.machines.iter().enumerate() {
            let Some(well_since) = one.well_since else {
                continue;
            };
            let since = well_since.max(running.hears_since);
            let is_online = self.oracle.agents[machine].status().presence() == Some(Presence::Online);
            if since + self.oracle.back_within(machine) >= self.now || !self.can_be_heard(machine) {
                continue;
            }
            if !is_online {
                let what = format!("agent {machine} is well since {since} and still not online");
                return Err(Violation::of(6, what));
            }
            let known = &self.oracle.agents[machine];
            let what = format!("where agent {machine} is, which is well since {since}");
            same(14, &what, &known.at.own, &one.at.own)?;
            if self.saved_at + self.oracle.back_within(machine) < self.now {
                let what = format!("what agent {machine} lives by, which is well since {since}");
                same(5, &what, &known.applied, &running.rulebook.newest())?;
            }
        }
        Ok(())
    }

    /// What a start reads back is what happened, but for what the kill cost.
    pub(super) fn check_what_was_written(&self) -> Result<(), Violation> {
        let (seen, due) = (&self.disk.entries, &self.oracle.entries);
        for (seen, due) in seen.iter().zip(due) {
            same(6, "a transition that was written down", seen, due)?;
        }
        same(
            6,
            "how many transitions were written down",
            &seen.len(),
            &due.len(),
        )
    }

    /// At the end: history is whole, transitions chain, and availability adds up.
    pub(super) fn check_history(&mut self) -> Result<(), Violation> {
        if self.running.is_some() {
            if !self.has(Fault::LastTransitionsLost) {
                self.write_down();
            }
            self.oracle.flush();
        }
        let to = self.wall_ms();
        let from = to - i64::try_from(self.shape.lasts / 1_000).unwrap_or(0);
        for machine in 0..self.machines.len() {
            let mut before = Status::Pending;
            let mut changes = Vec::new();
            for entry in self.disk.entries.iter().filter(|entry| entry.agent == machine) {
                same(4, "transitions chain", &entry.from, &before)?;
                same(
                    4,
                    "a transition changes something",
                    &(entry.from == entry.to),
                    &false,
                )?;
                before = entry.to;
                changes.push((entry.at_ms, entry.to));
            }
            if self.running.is_some() {
                let status = self.oracle.agents[machine].status();
                same(6, "the transitions replayed", &before, &status)?;
            }
            let seen = availability::shares(from, to, Status::Pending, &changes, &self.disk.blind);
            let due = naive_shares((from, to), Status::Pending, &changes, &self.oracle.blind);
            same(6, "availability", &seen, &due)?;
            let sum = seen.online_ms + seen.offline_ms + seen.unknown_ms;
            same(6, "the three shares' sum", &sum, &(to - from))?;
        }
        Ok(())
    }
}
