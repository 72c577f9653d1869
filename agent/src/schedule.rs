//! When the next call is due and which one: the agent's whole behaviour toward the server, without I/O.
//!
//! A driver feeds [`Schedule::handle`] with what happened and does what the [`Step`] says; between two steps it
//! sleeps until [`Schedule::due`]. There is at most one call at a time, and a new [`Send`] replaces the one that
//! is under way: the driver drops it with its connection. A late answer to a dropped call changes nothing, since
//! answers carry the sequence that they answer.
//!
//! Not the place for what a call carries besides its fence (addresses, versions): the driver adds that.

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, GoodbyeKind, RegisterReason};

use crate::backoff::Backoff;
use crate::epoch::EpochMark;
use crate::spread;

mod refused;
mod step;
#[cfg(test)]
mod tests;

pub use step::{Answer, Call, Change, End, Input, Refusal, Send, Step};

/// How long one call may take in all, from the name look-up to the last byte of the answer.
pub const CALL_WITHIN_MS: u64 = 20_000;

/// How long a goodbye may hold up the end of the process: a service manager that waits is patient for seconds.
pub const GOODBYE_WITHIN_MS: u64 = 2_000;

/// Over how long agents that share a cause (a server restored, a network renumbered, a hall of laptops opened)
/// spread their registers: RFC 6887 section 8.5.
pub const REGISTER_SPREAD_MS: u64 = 5_000;

/// Before the first settings nobody knows the interval: a minute at most, so that a server that is started
/// after its agents finds them soon.
pub const FIRST_INTERVAL_MS: u64 = 60_000;

/// The shortest wait for a next contact that is believed; less would be a loop, whoever asks for it.
pub const LEAST_WAIT_MS: u64 = 250;

/// The longest wait for a next contact that is believed: the longest interval that settings can hold.
pub const MOST_WAIT_MS: u64 = 129_600 * 60_000;

/// The longest `Retry-After` that is obeyed: an hour. A slot is minutes; a proxy that says a week is wrong.
pub const MOST_RETRY_AFTER_MS: u64 = 3_600_000;

/// `Retry-After` has whole seconds: this much more keeps those with the same second apart.
const RETRY_AFTER_SPREAD_MS: u64 = 1_000;

/// An agent's behaviour toward its server.
#[derive(Debug, Clone)]
pub struct Schedule {
    boot: BootId,
    sequence: u32,
    applied: u32,
    /// The register that comes before any heartbeat; `None` while the boot is registered.
    register: Option<RegisterReason>,
    /// Whether the server took a register of this process.
    registered: bool,
    /// Whether anything was sent that the server may have taken: only then there is someone to say goodbye to.
    spoken: bool,
    backoff: Backoff,
    due_ms: u64,
    /// No call before this: a server that is busy said so.
    not_before_ms: u64,
    flight: Option<u32>,
    failures: u32,
    /// How often the server said that it does not know this agent, since it last knew it.
    unknown: u32,
    stale: u32,
    standing: Standing,
    epoch: Option<EpochMark>,
    /// The settings version that a register was last made for.
    fetched: u32,
    /// When to leave, answered or not.
    leave_by_ms: Option<u64>,
    end: Option<End>,
}

/// How the agent stands with the server, as people were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Untold,
    Here,
    Lost,
    Unknown,
}

impl Schedule {
    /// A process that starts at `now_ms`; its boot id is taken from `random`. The first call is a register for
    /// `reason`, due at once.
    #[must_use]
    pub const fn new(reason: RegisterReason, now_ms: u64, random: u64) -> Self {
        Self {
            boot: boot_from(random, None),
            sequence: 0,
            applied: 0,
            register: Some(reason),
            registered: false,
            spoken: false,
            backoff: Backoff::within(FIRST_INTERVAL_MS),
            due_ms: now_ms,
            not_before_ms: now_ms,
            flight: None,
            failures: 0,
            unknown: 0,
            stale: 0,
            standing: Standing::Untold,
            epoch: None,
            fetched: 0,
            leave_by_ms: None,
            end: None,
        }
    }

    /// When [`Input::Wake`] is wanted, in milliseconds; `None` where only an answer or an event goes on.
    #[must_use]
    pub const fn due(&self) -> Option<u64> {
        if self.end.is_some() {
            return None;
        }
        match self.leave_by_ms {
            Some(by) => Some(by),
            None if self.flight.is_some() => None,
            None => Some(self.due_ms),
        }
    }

    /// This run of the process, as the server is told.
    #[must_use]
    pub const fn boot(&self) -> BootId {
        self.boot
    }

    /// The settings version last applied; 0 before the first.
    #[must_use]
    pub const fn applied(&self) -> u32 {
        self.applied
    }

    /// Something happened at `now_ms`. `random` is fresh for every call.
    pub fn handle(&mut self, input: Input, now_ms: u64, random: u64) -> Step {
        if self.end.is_some() {
            return Step::default();
        }
        match input {
            Input::Wake => self.wake(now_ms, random),
            Input::Answered { sequence, answer } if self.lands(sequence) => {
                self.answered(answer, now_ms, random)
            }
            Input::Refused { sequence, refusal } if self.lands(sequence) => {
                self.refused(refusal, now_ms, random)
            }
            Input::Failed {
                sequence,
                retry_after_ms,
            } if self.lands(sequence) => self.failed(retry_after_ms, now_ms, random),
            Input::Answered { .. } | Input::Refused { .. } | Input::Failed { .. } => Step::default(),
            Input::Reload => {
                self.forget_refusals();
                self.register_anew(RegisterReason::Reload, now_ms, 0)
            }
            Input::AddressChanged => {
                let wait = spread::up_to(random, REGISTER_SPREAD_MS);
                self.register_anew(RegisterReason::AddressChanged, now_ms, wait)
            }
            Input::Resumed => {
                let wait = spread::up_to(random, REGISTER_SPREAD_MS);
                self.register_anew(RegisterReason::Resumed, now_ms, wait)
            }
            Input::Leave(kind) => self.leave(kind, now_ms),
        }
    }

    /// Whether an answer is to the call under way; from then on none is.
    fn lands(&mut self, sequence: u32) -> bool {
        self.flight.take_if(|flight| *flight == sequence).is_some()
    }

    fn wake(&mut self, now_ms: u64, random: u64) -> Step {
        match self.leave_by_ms {
            Some(by) if now_ms >= by => self.ended(End::Left),
            Some(_) => Step::default(),
            None if self.flight.is_some() || now_ms < self.due_ms => Step::default(),
            None => self.send(random),
        }
    }

    fn answered(&mut self, answer: Answer, now_ms: u64, random: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return self.ended(End::Left);
        }
        self.failures = 0;
        self.unknown = 0;
        self.stale = 0;
        let was = core::mem::replace(&mut self.standing, Standing::Here);
        match answer {
            Answer::Registered {
                next_in_ms,
                epoch_s,
                settings_version,
                interval_ms,
            } => {
                let reason = self.register.take().unwrap_or(RegisterReason::Reload);
                self.registered = true;
                self.applied = settings_version;
                self.fetched = settings_version;
                self.backoff = Backoff::within(interval_ms);
                self.epoch = Some(EpochMark {
                    epoch_s,
                    at_ms: now_ms,
                });
                self.due_ms = now_ms.saturating_add(next_in_ms.clamp(LEAST_WAIT_MS, MOST_WAIT_MS));
                Step::changed(Change::Registered(reason))
            }
            Answer::Heard {
                next_in_ms,
                epoch_s,
                settings_version,
            } => {
                self.heard(next_in_ms, epoch_s, settings_version, now_ms, random);
                if was == Standing::Lost {
                    Step::changed(Change::Found)
                } else {
                    Step::default()
                }
            }
            // Only a goodbye is answered so, and the agent leaves then. To anything else it is no answer.
            Answer::Noted => self.failed(None, now_ms, random),
        }
    }

    fn heard(&mut self, next_in_ms: u64, epoch_s: u32, settings_version: u32, now_ms: u64, random: u64) {
        let mark = EpochMark {
            epoch_s,
            at_ms: now_ms,
        };
        let memory_lost = self.epoch.is_some_and(|before| before.lost_before(mark));
        self.epoch = Some(mark);
        // A version that a register did not bring is asked for once, or two servers that differ in it would be
        // asked forever.
        let news = settings_version != self.applied && settings_version != self.fetched;
        self.fetched = settings_version;
        let next_ms = next_in_ms.clamp(LEAST_WAIT_MS, MOST_WAIT_MS);
        let wait_ms = if memory_lost || news {
            self.register = Some(RegisterReason::Reload);
            spread::up_to(random, REGISTER_SPREAD_MS).min(next_ms)
        } else {
            next_ms
        };
        self.due_ms = now_ms.saturating_add(wait_ms);
    }

    fn failed(&mut self, retry_after_ms: Option<u64>, now_ms: u64, random: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return self.ended(End::Left);
        }
        self.hold_back(now_ms, random);
        if let Some(wait) = retry_after_ms {
            let wait = wait.clamp(LEAST_WAIT_MS, MOST_RETRY_AFTER_MS);
            self.not_before_ms = now_ms.saturating_add(wait + spread::up_to(random, RETRY_AFTER_SPREAD_MS));
            self.due_ms = if self.unknown == 0 {
                self.not_before_ms
            } else {
                self.due_ms.max(self.not_before_ms)
            };
        }
        if self.unknown > 0 {
            return Step::default();
        }
        match core::mem::replace(&mut self.standing, Standing::Lost) {
            Standing::Lost => Step::default(),
            Standing::Untold | Standing::Here | Standing::Unknown => Step::changed(Change::Lost),
        }
    }

    /// The next call after a failure comes when the back-off says.
    fn hold_back(&mut self, now_ms: u64, random: u64) {
        let wait_ms = if let Some(refusals) = self.unknown.checked_sub(1) {
            Backoff::UNKNOWN.delay_ms(refusals, random)
        } else {
            let failures = self.failures;
            self.failures = failures.saturating_add(1);
            self.backoff.delay_ms(failures, random)
        };
        self.due_ms = now_ms.saturating_add(wait_ms);
    }

    /// Something changed here: what is under way is void, and a register comes after `wait_ms`.
    fn register_anew(&mut self, reason: RegisterReason, now_ms: u64, wait_ms: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return Step::default();
        }
        // Until the server took one register of this process, that it started is the news.
        if self.registered {
            self.register = Some(reason);
        }
        self.flight = None;
        self.failures = 0;
        self.due_ms = now_ms.saturating_add(wait_ms).max(self.not_before_ms);
        Step::default()
    }

    fn leave(&mut self, kind: GoodbyeKind, now_ms: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return Step::default();
        }
        if !self.spoken || self.sequence == u32::MAX {
            return self.ended(End::Left);
        }
        self.leave_by_ms = Some(now_ms.saturating_add(GOODBYE_WITHIN_MS));
        let fence = self.next_fence();
        Step::sending(Call::Goodbye(kind), fence, GOODBYE_WITHIN_MS)
    }

    fn send(&mut self, random: u64) -> Step {
        if self.sequence == u32::MAX {
            self.renew_boot(random);
            self.register.get_or_insert(RegisterReason::Reload);
        }
        self.spoken = true;
        let call = self.register.map_or(Call::Heartbeat, Call::Register);
        let fence = self.next_fence();
        Step::sending(call, fence, CALL_WITHIN_MS)
    }

    fn next_fence(&mut self) -> Fence {
        self.sequence += 1;
        self.flight = Some(self.sequence);
        Fence {
            boot: self.boot,
            sequence: self.sequence,
            applied: self.applied,
        }
    }

    const fn renew_boot(&mut self, random: u64) {
        self.boot = boot_from(random, Some(self.boot));
        self.sequence = 0;
        self.stale = 0;
    }

    const fn ended(&mut self, end: End) -> Step {
        self.end = Some(end);
        self.flight = None;
        Step::ending(end)
    }
}

/// A boot id from the low half of `random` (delays come from the high half), other than the one before.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
const fn boot_from(random: u64, before: Option<BootId>) -> BootId {
    let mut bits = random as u32;
    loop {
        if let Some(boot) = BootId::from_bits(bits) {
            match before {
                Some(before) if before.bits() == bits => {}
                _ => return boot,
            }
        }
        bits = bits.wrapping_add(1);
    }
}
