//! What an answer changes: what the agent lives by, what it promised, and what the run counts.

use rollcall_agent::schedule::{Answer, Send};
use rollcall_shared::Presence;

use super::Fleet;
use crate::answer;

impl Fleet {
    pub(super) fn live_by(&mut self, number: u32, living: answer::Living, now_us: u64) {
        let agent = self.agent(number);
        agent.contact_every_ms = living.contact_every_ms;
        agent.promise.lasting(living.lease_us);
        self.beatless |= !living.beats;
        self.longest_lease_us = self.longest_lease_us.max(living.lease_us);
        self.longest_interval_ms = self.longest_interval_ms.max(living.contact_every_ms);
        self.takes_packets_at(living.loopback_port);
        self.sends_packets(number, living.loopback_every_ms, now_us);
    }

    /// A call was answered.
    pub(super) fn heard(&mut self, number: u32, send: &Send, answer: Answer, sent_us: u64, now_us: u64) {
        self.contacted(number, sent_us, now_us);
        let agent = self.agent(number);
        let (is_register, newest) = match answer {
            Answer::Registered { settings_version, .. } => (true, Some(settings_version)),
            Answer::Heard { settings_version, .. } => (false, Some(settings_version)),
            Answer::Polled { settings_version, .. } => (false, settings_version),
            Answer::Noted => (false, None),
        };
        let settles = !agent.settled && newest.is_none_or(|newest| newest == send.fence.applied);
        agent.settled |= settles;
        let began_us = if is_register { agent.began_us.take() } else { None };
        self.settled += u32::from(settles);
        if let Some(began_us) = began_us {
            self.registered += 1;
            self.tally.registering.add(now_us.saturating_sub(began_us));
        }
    }

    /// A contact was answered, on whatever path.
    pub(super) fn contacted(&mut self, number: u32, sent_us: u64, now_us: u64) {
        let voiced_us = self.voiced_us;
        let agent = self.agent(number);
        agent.promise.renew(sent_us, now_us);
        // What was under way as it fell silent is no return.
        let returned = agent.away && !agent.silent;
        if returned {
            agent.away = false;
            self.away -= 1;
            self.tally.returning.add(now_us.saturating_sub(voiced_us));
        }
        let agent = self.agent(number);
        let early_us = agent.early_us.take();
        if !agent.is_shown(Presence::Online) {
            agent.came_us.get_or_insert(sent_us);
        }
        if let Some(early_us) = early_us {
            let shown = &mut self.tally.transitions.return_shown;
            shown.add(early_us.saturating_sub(sent_us));
        }
    }

    /// An answer with the times of the test's own.
    pub(super) fn paced(&mut self, answer: Answer) -> Answer {
        let (pace, random) = (self.pace, self.dice.roll());
        match answer {
            Answer::Registered {
                next_in_ms,
                next_poll_in_ms,
                epoch_s,
                settings_version,
                contact_every_ms,
            } => Answer::Registered {
                next_in_ms: next_in_ms.map(|next| pace.first(next, random)),
                next_poll_in_ms,
                epoch_s,
                settings_version,
                contact_every_ms,
            },
            Answer::Polled {
                next_in_ms,
                next_poll_in_ms,
                epoch_s,
                settings_version,
                contact_every_ms,
            } => Answer::Polled {
                next_in_ms: next_in_ms.map(|next| pace.next(next)),
                next_poll_in_ms,
                epoch_s,
                settings_version,
                contact_every_ms,
            },
            Answer::Heard {
                next_in_ms,
                epoch_s,
                settings_version,
                poll_now,
            } => Answer::Heard {
                next_in_ms: pace.next(next_in_ms),
                epoch_s,
                settings_version,
                poll_now,
            },
            Answer::Noted => Answer::Noted,
        }
    }
}
