//! Going on after the server answered, or after nobody did.

use rollcall_shared::RegisterReason;

use super::{
    Answer, CONFIRM_SPREAD_MS, Call, Change, End, LEAST_WAIT_MS, MERGE_WITHIN_MS, MOST_POLL_WAIT_MS,
    MOST_RETRY_AFTER_MS, MOST_WAIT_MS, REGISTER_SPREAD_MS, RETRY_AFTER_SPREAD_MS, Schedule, Standing, Step,
};
use crate::backoff::Backoff;
use crate::epoch::EpochMark;
use crate::spread;

impl Schedule {
    pub(super) fn answered(&mut self, call: Call, answer: Answer, now_ms: u64, random: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return self.ended(End::Left);
        }
        match (call, answer) {
            (
                Call::Register(reason),
                Answer::Registered {
                    next_in_ms,
                    next_poll_in_ms,
                    epoch_s,
                    settings_version,
                    contact_every_ms,
                },
            ) => {
                self.came_through(now_ms);
                self.register = None;
                self.registered = true;
                self.boot_registered = true;
                self.epoch = Some(EpochMark {
                    epoch_s,
                    at_ms: now_ms,
                });
                let is_new = settings_version != self.applied;
                self.applied = settings_version;
                self.newest = settings_version;
                self.live_by(next_in_ms, next_poll_in_ms, contact_every_ms, now_ms);
                // Rarely so: after an outage agents register with the version that they had.
                if is_new {
                    self.confirm(now_ms, random);
                }
                Step::changed(Change::Registered(reason))
            }
            (
                Call::Poll,
                Answer::Polled {
                    next_in_ms,
                    next_poll_in_ms,
                    epoch_s,
                    settings_version,
                    contact_every_ms,
                },
            ) => {
                let change = self.came_through(now_ms);
                self.live_by(next_in_ms, next_poll_in_ms, contact_every_ms, now_ms);
                if let Some(version) = settings_version {
                    self.applied = version;
                    if version > self.newest {
                        self.newest = version;
                        self.confirm(now_ms, random);
                    }
                }
                self.check_epoch(epoch_s, now_ms, random);
                Step::told(change)
            }
            (
                Call::Heartbeat,
                Answer::Heard {
                    next_in_ms,
                    epoch_s,
                    settings_version,
                    poll_now,
                },
            ) => {
                let change = self.came_through(now_ms);
                self.heartbeat_ms = Some(after(now_ms, next_in_ms, MOST_WAIT_MS));
                self.check_epoch(epoch_s, now_ms, random);
                if poll_now || settings_version != self.applied {
                    self.asked_ms = Some(now_ms);
                }
                Step::told(change)
            }
            (Call::Ack, Answer::Noted) => {
                self.ack_ms = None;
                self.ack_failures = 0;
                Step::told(self.came_through(now_ms))
            }
            // It is no answer to this call.
            _ => self.failed(call, None, now_ms, random),
        }
    }

    /// The server is there and took a call; tells people where it was lost.
    const fn came_through(&mut self, now_ms: u64) -> Option<Change> {
        let was = self.standing;
        self.standing = Standing::Here;
        self.failures = 0;
        self.unknown = 0;
        self.stale = 0;
        self.hold_ms = now_ms;
        if matches!(was, Standing::Lost) {
            Some(Change::Found)
        } else {
            None
        }
    }

    /// Takes over what a register or a poll says of the times to come.
    fn live_by(&mut self, next_in_ms: Option<u64>, next_poll_in_ms: u64, contact_every_ms: u64, now_ms: u64) {
        self.heartbeat_ms = next_in_ms.map(|next_in_ms| after(now_ms, next_in_ms, MOST_WAIT_MS));
        self.poll_ms = after(now_ms, next_poll_in_ms, MOST_POLL_WAIT_MS);
        self.poll_failures = 0;
        self.backoff = Backoff::within(contact_every_ms);
        self.merge_ms = MERGE_WITHIN_MS.min(contact_every_ms / 10);
    }

    /// One more contact soon, by which the server learns what was applied: a heartbeat, or where none are sent, a
    /// poll.
    fn confirm(&mut self, now_ms: u64, random: u64) {
        let wait_ms = LEAST_WAIT_MS + spread::up_to(random, CONFIRM_SPREAD_MS);
        let at_ms = now_ms.saturating_add(wait_ms);
        match &mut self.heartbeat_ms {
            Some(beat_ms) => *beat_ms = at_ms.min(*beat_ms),
            None => self.poll_ms = at_ms.min(self.poll_ms),
        }
    }

    /// Registers again where the server lost its memory.
    fn check_epoch(&mut self, epoch_s: u32, now_ms: u64, random: u64) {
        let mark = EpochMark {
            epoch_s,
            at_ms: now_ms,
        };
        if self.epoch.is_some_and(|before| before.lost_before(mark)) {
            let wait_ms = spread::up_to(random, REGISTER_SPREAD_MS);
            self.hold_ms = now_ms.saturating_add(wait_ms).min(self.next_ms());
            self.register = Some(RegisterReason::Reload);
        }
        self.epoch = Some(mark);
    }

    pub(super) fn failed(
        &mut self,
        call: Call,
        retry_after_ms: Option<u64>,
        now_ms: u64,
        random: u64,
    ) -> Step {
        if self.leave_by_ms.is_some() {
            return self.ended(End::Left);
        }
        if call == Call::Poll {
            self.poll_ms = now_ms.saturating_add(self.backoff.delay_ms(self.poll_failures, random));
            self.poll_failures = self.poll_failures.saturating_add(1);
        }
        if call == Call::Ack {
            self.ack_ms = Some(now_ms.saturating_add(self.backoff.delay_ms(self.ack_failures, random)));
            self.ack_failures = self.ack_failures.saturating_add(1);
        }
        self.hold_back(now_ms, random);
        if let Some(wait) = retry_after_ms {
            let wait = wait.clamp(LEAST_WAIT_MS, MOST_RETRY_AFTER_MS);
            self.not_before_ms = now_ms.saturating_add(wait + spread::up_to(random, RETRY_AFTER_SPREAD_MS));
            if self.unknown > 0 {
                self.hold_ms = self.hold_ms.max(self.not_before_ms);
            } else {
                self.hold_ms = self.not_before_ms;
                if call == Call::Poll {
                    self.poll_ms = self.not_before_ms;
                }
            }
        }
        if self.unknown > 0 {
            return Step::default();
        }
        match core::mem::replace(&mut self.standing, Standing::Lost) {
            Standing::Lost => Step::default(),
            Standing::Untold | Standing::Here | Standing::Unknown => Step::changed(Change::Lost),
        }
    }
}

/// The time that a server named, within what is believed.
fn after(now_ms: u64, wait_ms: u64, most_ms: u64) -> u64 {
    now_ms.saturating_add(wait_ms.clamp(LEAST_WAIT_MS, most_ms))
}
