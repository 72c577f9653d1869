//! Whether agents do as they are told, judged by what they send: a second telling of what an agent has to keep to, from
//! the text of PRESENCE and of RFC 6887 alone. Beside it the faults that are planted in the agent: they change what its
//! schedule is told, after this was noted.

use rollcall_agent::schedule::{Answer, Call, Input, Send};

use super::{MILLI, SECOND, World};
use crate::faults::Fault;
use crate::oracle::Standing;
use crate::violation::Violation;

/// What a server's `Retry-After` is believed to be, in milliseconds: at least, and at most.
const RETRY_AFTER_MS: (u64, u64) = (250, 3_600_000);

/// Beside the day itself, what a poll that is due may take: it is lost, put off by a busy server, or backed off from.
const POLL_GRACE: u64 = 600 * SECOND;

/// Minutes of a day.
const DAY: u32 = 1_440;

/// What an agent's process was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The call whose answer it waits for: a later one is no answer any more.
    awaits: Option<u32>,
    /// No call before this, by its own clock in milliseconds.
    not_before_ms: u64,
    /// How old the server's memory was, in seconds, and when it heard that, by its own clock in milliseconds.
    epoch: Option<(u64, u64)>,
    /// That age jumped: its next call is a registration.
    must_register: bool,
    /// When it was last told when to poll next, in true time.
    pub(super) poll_told_at: u64,
}

impl Told {
    pub(super) fn starting(now: u64) -> Self {
        Self {
            poll_told_at: now,
            ..Self::default()
        }
    }

    /// Section 8.5 of RFC 6887: whether a memory that was `before` and is `now` old began anew in between.
    fn has_jumped((old_s, then_ms): (u64, u64), (new_s, now_ms): (u64, u64)) -> bool {
        if new_s + 1 < old_s {
            return true;
        }
        let here = (now_ms - then_ms.min(now_ms)) / 1_000;
        let there = new_s.saturating_sub(old_s);
        here + 2 < there - there / 16 || there + 2 < here - here / 16
    }
}

impl World {
    /// Notes what an agent is about to be told.
    pub(super) fn note_told(&mut self, machine: usize, input: Input, now_ms: u64) {
        let now = self.now;
        let told = &mut self.machines[machine].told;
        let sequence = match input {
            Input::Answered { sequence, .. }
            | Input::Refused { sequence, .. }
            | Input::Failed { sequence, .. } => sequence,
            // What is under way is void: it began where the agent is no more.
            Input::Reload | Input::AddressChanged | Input::Resumed | Input::Rebound | Input::MustRegister => {
                told.awaits = None;
                return;
            }
            Input::Wake | Input::PollNow | Input::Ack | Input::Unheard | Input::Leave(_) => return,
        };
        if told.awaits.take_if(|awaited| *awaited == sequence).is_none() {
            return;
        }
        match input {
            Input::Failed {
                retry_after_ms: Some(wait_ms),
                ..
            } => told.not_before_ms = now_ms + wait_ms.clamp(RETRY_AFTER_MS.0, RETRY_AFTER_MS.1),
            Input::Answered { answer, .. } => {
                let (epoch_s, registered) = match answer {
                    Answer::Registered { epoch_s, .. } => (epoch_s, true),
                    Answer::Polled { epoch_s, .. } | Answer::Heard { epoch_s, .. } => (epoch_s, false),
                    Answer::Noted => return,
                };
                if !matches!(answer, Answer::Heard { .. }) {
                    told.poll_told_at = now;
                }
                let mark = (u64::from(epoch_s), now_ms);
                let jumped = told.epoch.is_some_and(|before| Told::has_jumped(before, mark));
                told.epoch = Some(mark);
                if registered {
                    told.must_register = false;
                } else if jumped {
                    told.must_register = true;
                    self.meet("a server whose memory began anew");
                }
            }
            _ => {}
        }
    }

    /// What the schedule is told instead, where a fault is planted in the agent; nothing where it is told nothing.
    pub(super) fn as_heard(&self, machine: usize, mut input: Input, now_ms: u64) -> Option<Input> {
        let applied = self.machines[machine]
            .schedule
            .as_ref()
            .map_or(0, rollcall_agent::schedule::Schedule::applied);
        match &mut input {
            Input::PollNow if self.has(Fault::PollNowIgnored) => return None,
            Input::AddressChanged if self.has(Fault::AddressChangeIgnored) => return None,
            Input::Failed { retry_after_ms, .. } if self.has(Fault::RetryAfterIgnored) => {
                *retry_after_ms = None;
            }
            Input::Answered { answer, .. } => {
                if let Answer::Heard {
                    poll_now,
                    settings_version,
                    ..
                } = answer
                    && self.has(Fault::PollNowIgnored)
                {
                    (*poll_now, *settings_version) = (false, applied);
                }
                if let Answer::Registered { next_poll_in_ms, .. } | Answer::Polled { next_poll_in_ms, .. } =
                    answer
                    && self.has(Fault::NeverPolls)
                {
                    *next_poll_in_ms = u64::MAX;
                }
                if let Answer::Registered { epoch_s, .. }
                | Answer::Polled { epoch_s, .. }
                | Answer::Heard { epoch_s, .. } = answer
                    && self.has(Fault::EpochIgnored)
                {
                    // As old as it has to be for nothing to have happened.
                    *epoch_s = u32::try_from(now_ms / 1_000).unwrap_or(u32::MAX);
                }
            }
            _ => {}
        }
        Some(input)
    }

    /// An agent makes a call: whether it may.
    pub(super) fn note_sent(&mut self, machine: usize, send: &Send, now_ms: u64) {
        let told = &mut self.machines[machine].told;
        told.awaits = Some(send.fence.sequence);
        if matches!(send.call, Call::Goodbye(_)) {
            // Who is told to leave does not wait.
            return;
        }
        let must_register = core::mem::take(&mut told.must_register);
        let not_before_ms = told.not_before_ms;
        let call = send.call;
        if now_ms < not_before_ms {
            let early = not_before_ms - now_ms;
            let what = format!("agent {machine} sends {call:?} {early} ms before the server has time for it");
            self.disobedience.get_or_insert(Violation::of(15, what));
        }
        if must_register && !matches!(call, Call::Register(_)) {
            let what =
                format!("agent {machine} heard that the server's memory began anew, and sends {call:?}");
            self.disobedience.get_or_insert(Violation::of(6, what));
        }
    }

    /// Every agent polls at least once a day (rule 14), whatever else it does.
    pub(super) fn check_daily_polls(&self) -> Result<(), Violation> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        let day = u64::try_from(self.shape.minute.as_micros()).unwrap_or(u64::MAX) * u64::from(DAY);
        for (machine, one) in self.machines.iter().enumerate() {
            let Some(well_since) = one.well_since else {
                continue;
            };
            let since = well_since.max(running.hears_since).max(one.told.poll_told_at);
            let is_gone = self.oracle.agents[machine].standing == Standing::Retired;
            if !is_gone && since + day + POLL_GRACE < self.now {
                let ago = (self.now - one.told.poll_told_at) / SECOND;
                let what = format!("agent {machine} is well since {well_since} and polled {ago} s ago");
                return Err(Violation::of(14, what));
            }
        }
        Ok(())
    }

    /// A machine's clock jumps ahead, as where it was moved to another host while it ran. It is the one that counts since
    /// the machine was started, and so never goes back.
    pub(super) fn clock_jumps(&mut self, machine: usize) {
        let jump = self.random.spread(SECOND, 86_400 * SECOND);
        self.machines[machine].clock_ahead += jump;
        self.trace.note(
            self.now,
            format_args!("the clock of agent {machine} jumps by {} ms", jump / MILLI),
        );
        self.meet("an agent's clock jumps");
        self.set_alarm(machine);
    }
}
