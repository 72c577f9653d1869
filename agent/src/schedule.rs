//! When the next call is due and which one: the agent's whole behaviour toward the server, without I/O.
//!
//! A driver feeds [`Schedule::handle`] with what happened and does what the [`Step`] says; between two steps it
//! sleeps until [`Schedule::due`]. There is at most one call at a time, and a new [`Send`] replaces the one that
//! is under way: the driver drops it with its connection. A late answer to a dropped call changes nothing, since
//! answers carry the sequence that they answer. When the server connects, [`Schedule::prove`] gives the fence of
//! the proof, and so it does for each loopback packet.
//!
//! Heartbeats and polls are due independently of each other, each when the server last said; a poll that falls
//! within seconds of a heartbeat takes its place, since it answers all that a heartbeat does.
//!
//! Deterministic: the same inputs at the same times with the same random bits give the same steps. All jitter
//! comes from the `random` of the call that it is drawn in.
//!
//! Not the place for what a call carries besides its fence (addresses, versions): the driver adds that.

use rollcall_shared::{BootId, RegisterReason};

use crate::backoff::Backoff;
use crate::epoch::EpochMark;
use crate::spread;

mod answered;
mod proof;
mod refused;
mod sending;
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

/// Over how long agents spread the contact that tells the server of newly applied settings: a fleet that is
/// dialled or polls in one instant does not report back in one.
pub const CONFIRM_SPREAD_MS: u64 = 5_000;

/// A poll that is due within so long of a heartbeat is made instead of it; but never within more than a tenth of
/// the contact interval, or agents with a short one would do nothing but poll.
pub const MERGE_WITHIN_MS: u64 = 5_000;

/// Before the first settings nobody knows the interval: a minute at most, so that a server that is started
/// after its agents finds them soon.
pub const FIRST_INTERVAL_MS: u64 = 60_000;

/// The shortest wait for a next contact that is believed; less would be a loop, whoever asks for it.
pub const LEAST_WAIT_MS: u64 = 250;

/// The longest wait for a next heartbeat that is believed: the longest interval that settings can hold.
pub const MOST_WAIT_MS: u64 = 129_600 * 60_000;

/// The longest wait for a next poll that is believed: every agent polls at least once a day, whatever the settings
/// and whatever a server says (rule 14).
pub const MOST_POLL_WAIT_MS: u64 = 24 * 60 * 60_000;

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
    /// The highest version applied since the last register: only a higher one is told of soon, or two servers
    /// that differ in their versions would be told forever.
    newest: u32,
    /// The register that comes before anything else; `None` while the boot is registered.
    register: Option<RegisterReason>,
    /// Whether the server took a register of this process.
    registered: bool,
    /// Whether the server took a register of this boot.
    boot_registered: bool,
    /// Whether anything was sent that the server may have taken: only then there is someone to say goodbye to.
    spoken: bool,
    backoff: Backoff,
    /// When the next heartbeat is due; `None` where none are sent.
    heartbeat_ms: Option<u64>,
    /// When the next poll is due.
    poll_ms: u64,
    /// Since when a poll is wanted that was not sent yet, whatever the one under way will say.
    asked_ms: Option<u64>,
    /// When the next acknowledgement is due, where there is one.
    ack_ms: Option<u64>,
    /// Within how long of a heartbeat a poll takes its place.
    merge_ms: u64,
    /// No call before this, as the last failure or the cause of a register has it.
    hold_ms: u64,
    /// No call before this: a server that is busy said so.
    not_before_ms: u64,
    flight: Option<Flight>,
    failures: u32,
    /// How many polls failed since one did not, also where heartbeats come through.
    poll_failures: u32,
    /// How many acknowledgements failed since one did not.
    ack_failures: u32,
    /// How often the server said that it does not know this agent, since it last knew it.
    unknown: u32,
    stale: u32,
    standing: Standing,
    epoch: Option<EpochMark>,
    /// When to leave, answered or not.
    leave_by_ms: Option<u64>,
    end: Option<End>,
}

/// The call under way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    sequence: u32,
    call: Call,
    /// Whether a proof went out since, with a higher sequence: the server may call this one stale then.
    overtaken: bool,
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
            boot: sending::boot_from(random, None),
            sequence: 0,
            applied: 0,
            newest: 0,
            register: Some(reason),
            registered: false,
            boot_registered: false,
            spoken: false,
            backoff: Backoff::within(FIRST_INTERVAL_MS),
            heartbeat_ms: None,
            poll_ms: now_ms,
            asked_ms: None,
            ack_ms: None,
            merge_ms: 0,
            hold_ms: now_ms,
            not_before_ms: now_ms,
            flight: None,
            failures: 0,
            poll_failures: 0,
            ack_failures: 0,
            unknown: 0,
            stale: 0,
            standing: Standing::Untold,
            epoch: None,
            leave_by_ms: None,
            end: None,
        }
    }

    /// The same for an agent whose process before this one applied settings version `applied`: it is reported
    /// until the register brings a newer one.
    #[must_use]
    pub const fn having_applied(mut self, applied: u32) -> Self {
        self.applied = applied;
        self.newest = applied;
        self
    }

    /// When [`Input::Wake`] is wanted, in milliseconds; `None` where only an answer or an event goes on.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        if self.end.is_some() {
            return None;
        }
        match self.leave_by_ms {
            Some(by) => Some(by),
            None if self.flight.is_some() => None,
            None => Some(self.next_ms()),
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

    /// When the next heartbeat is due, in milliseconds; `None` where this agent sends none (and before it first
    /// registers).
    #[must_use]
    pub const fn heartbeat_due(&self) -> Option<u64> {
        self.heartbeat_ms
    }

    /// When the next poll is due, in milliseconds.
    #[must_use]
    pub fn poll_due(&self) -> u64 {
        self.asked_ms
            .map_or(self.poll_ms, |asked_ms| asked_ms.min(self.poll_ms))
    }

    /// Something happened at `now_ms`. `random` is fresh for every call.
    pub fn handle(&mut self, input: Input, now_ms: u64, random: u64) -> Step {
        if self.end.is_some() {
            return Step::default();
        }
        match input {
            Input::Wake => self.wake(now_ms, random),
            Input::Answered { sequence, answer } => {
                self.landed(sequence).map_or_else(Step::default, |flight| {
                    self.answered(flight.call, answer, now_ms, random)
                })
            }
            Input::Refused { sequence, refusal } => {
                self.landed(sequence).map_or_else(Step::default, |flight| {
                    self.refused(flight, refusal, now_ms, random)
                })
            }
            Input::Failed {
                sequence,
                retry_after_ms,
            } => self.landed(sequence).map_or_else(Step::default, |flight| {
                self.failed(flight.call, retry_after_ms, now_ms, random)
            }),
            Input::PollNow => self.poll_now(now_ms),
            Input::Ack => {
                self.ack_ms.get_or_insert(now_ms);
                Step::default()
            }
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
            Input::Rebound => {
                let wait = spread::up_to(random, REGISTER_SPREAD_MS);
                self.register_anew(RegisterReason::Rebound, now_ms, wait)
            }
            // A register that is due or under way says it already.
            Input::MustRegister if self.register.is_some() => Step::default(),
            Input::MustRegister => {
                let wait = spread::up_to(random, REGISTER_SPREAD_MS);
                self.register_anew(RegisterReason::Reload, now_ms, wait)
            }
            Input::Unheard => self.contact_now(now_ms),
            Input::Leave(kind) => self.leave(kind, now_ms),
        }
    }

    /// The call under way, where this is its sequence; from then on none is.
    fn landed(&mut self, sequence: u32) -> Option<Flight> {
        self.flight.take_if(|flight| flight.sequence == sequence)
    }

    /// When the next call is due.
    fn next_ms(&self) -> u64 {
        if self.register.is_some() {
            return self.hold_ms;
        }
        let poll_ms = self.poll_due();
        let contact_ms = self.heartbeat_ms.map_or(poll_ms, |beat_ms| beat_ms.min(poll_ms));
        let due_ms = self.ack_ms.map_or(contact_ms, |ack_ms| ack_ms.min(contact_ms));
        due_ms.max(self.hold_ms)
    }

    /// Which call is due at `now_ms`, where one is.
    fn due_call(&self, now_ms: u64) -> Call {
        if let Some(reason) = self.register {
            return Call::Register(reason);
        }
        let ack_is_due = self.ack_ms.is_some_and(|ack_ms| ack_ms <= now_ms);
        // Where acknowledgements fail, everything else has to go on.
        if ack_is_due && self.ack_failures == 0 {
            return Call::Ack;
        }
        let beat_is_due = self.heartbeat_ms.is_some_and(|beat_ms| beat_ms <= now_ms);
        let poll_is_due = self.poll_due() <= now_ms.saturating_add(self.merge_ms);
        // Where polls fail, heartbeats have to go on.
        if beat_is_due && (!poll_is_due || self.poll_failures > 0) {
            Call::Heartbeat
        } else if ack_is_due && !poll_is_due {
            Call::Ack
        } else {
            Call::Poll
        }
    }

    fn wake(&mut self, now_ms: u64, random: u64) -> Step {
        match self.leave_by_ms {
            Some(by) if now_ms >= by => self.ended(End::Left),
            Some(_) => Step::default(),
            None if self.flight.is_some() || now_ms < self.next_ms() => Step::default(),
            None => self.send(self.due_call(now_ms), random),
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
        self.hold_ms = now_ms.saturating_add(wait_ms);
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
        self.hold_ms = now_ms.saturating_add(wait_ms).max(self.not_before_ms);
        Step::default()
    }

    /// A heartbeat at once, or where none are sent, a poll; but not before a back-off is over.
    fn contact_now(&mut self, now_ms: u64) -> Step {
        match &mut self.heartbeat_ms {
            Some(beat_ms) => *beat_ms = now_ms.min(*beat_ms),
            None => self.poll_ms = now_ms.min(self.poll_ms),
        }
        Step::default()
    }

    /// Someone has news, so nobody waits for a back-off; a server that said when it has time for this agent is
    /// waited for. The failures stay counted: what asks for this is no answer of the server's.
    fn poll_now(&mut self, now_ms: u64) -> Step {
        if self.leave_by_ms.is_none() {
            self.asked_ms = Some(now_ms);
            self.hold_ms = self.hold_ms.min(now_ms.max(self.not_before_ms));
        }
        Step::default()
    }
}
