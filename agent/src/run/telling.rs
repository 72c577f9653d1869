//! What people are told: lines in the log, and the status file.

use rollcall_agent::schedule::Change;
use tracing::{info, warn};

use super::Runner;
use crate::clock;
use crate::failure::chain;
use crate::status::span;

impl Runner {
    fn next_in(&self) -> String {
        let due = self.schedule.due().unwrap_or_default();
        span(due.saturating_sub(clock::now_ms()))
    }

    pub(super) fn tell(&self, change: Change) {
        let next = self.next_in();
        let error = self.kept.last_error.as_deref().unwrap_or_default();
        match change {
            Change::Registered(reason) => info!(%reason, "Registered; next contact in {next}"),
            Change::Found => info!("Found the server again; next contact in {next}"),
            Change::Unknown => {
                warn!("The server does not know this agent; asking again in {next} ({error})");
            }
            Change::Lost => {
                let what = if self.found {
                    "Lost the server"
                } else {
                    "No contact with the server yet"
                };
                warn!("{what}: {error}; trying again in {next}");
            }
        }
    }

    /// Writes the status file. A full disk costs the file, not the agent; it is told once.
    pub(super) fn keep(&mut self) {
        let wait_ms = self.schedule.due().map(|due| due.saturating_sub(clock::now_ms()));
        self.kept.next_contact = wait_ms.map(|wait| clock::wall_s() + wait / 1_000);
        let poll_in_ms = self.schedule.poll_due().saturating_sub(clock::now_ms());
        self.kept.next_poll = wait_ms.map(|_| clock::wall_s() + poll_in_ms / 1_000);
        self.kept.components = self.components.lines();
        self.kept.notify_port = self.dialled.port();
        self.kept.next_contact_ms = self.schedule.due().unwrap_or_default();
        self.kept.boot = Some(self.schedule.boot());
        self.kept.settings_version = self.schedule.applied();
        let kept = self.kept.store(&self.dir);
        if let Err(error) = &kept
            && !self.keeping_fails
        {
            warn!("The status file cannot be written: {}", chain(error));
        }
        self.keeping_fails = kept.is_err();
    }
}
