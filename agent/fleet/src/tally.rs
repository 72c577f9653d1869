//! What was counted and measured.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use rollcall_agent::schedule::Call;

use crate::http::Fault;

/// A spread of spans, kept to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Spans(Histogram<u64>);

/// The longest span that is told apart, in microseconds: an hour.
const LONGEST_US: u64 = 3_600_000_000;

impl Default for Spans {
    #[expect(clippy::expect_used, reason = "these bounds and three digits are what it has")]
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).expect("these bounds, three digits"))
    }
}

impl Spans {
    /// Takes in a span in microseconds.
    pub(crate) fn add(&mut self, span_us: u64) {
        self.0.saturating_record(span_us);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The span that so many of a hundred do not exceed, in microseconds.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        self.0.value_at_percentile(percent)
    }

    pub(crate) fn longest(&self) -> u64 {
        self.0.max()
    }

    pub(crate) fn clear(&mut self) {
        self.0.reset();
    }
}

/// Why a call did not get the answer that it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trouble {
    /// No connection.
    Connect,
    /// The connection ended before the answer was whole.
    Broken,
    /// No answer in time.
    TimedOut,
    /// None of the connections was free in time.
    NoneFree,
    /// Something answered that is no Rollcall server.
    Garbled,
    /// 401: the server does not know the agent.
    Unknown,
    /// 401: the agent was retired.
    Retired,
    /// 409: the boot is not the current one.
    RegisterFirst,
    /// 409: the sequence was used.
    Stale,
    /// 429 or 503 with a time to come again.
    Slot,
    /// 503 or 429 without one.
    Busy,
    /// No echo to any loopback packet of a round.
    NoEcho,
    /// A loopback packet was refused, with this code.
    Refused(u16),
    /// Another status.
    Status(u16),
}

impl Trouble {
    /// As the summary names it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Connect => "no_connection".to_owned(),
            Self::Broken => "connection_broke".to_owned(),
            Self::TimedOut => "timed_out".to_owned(),
            Self::NoneFree => "no_connection_free".to_owned(),
            Self::Garbled => "not_understood".to_owned(),
            Self::Unknown => "401_unknown_agent".to_owned(),
            Self::Retired => "401_retired".to_owned(),
            Self::RegisterFirst => "409_register_first".to_owned(),
            Self::Stale => "409_stale_sequence".to_owned(),
            Self::Slot => "slot".to_owned(),
            Self::Busy => "busy_without_slot".to_owned(),
            Self::NoEcho => "no_echo".to_owned(),
            Self::Refused(code) => format!("packet_refused_{code}"),
            Self::Status(status) => format!("status_{status}"),
        }
    }

    /// Whether a healthy server may do so: it names a slot where it is busy, and nothing else.
    pub(crate) const fn is_expected(self) -> bool {
        matches!(self, Self::Slot)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Connect => Self::Connect,
            Fault::Broken => Self::Broken,
            Fault::TimedOut => Self::TimedOut,
            Fault::Garbled => Self::Garbled,
        }
    }
}

/// The slots that the server gave, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slots {
    pub(crate) count: u64,
    pub(crate) shortest_s: u64,
    pub(crate) longest_s: u64,
}

impl Slots {
    pub(crate) fn add(&mut self, seconds: u64) {
        self.shortest_s = if self.count == 0 {
            seconds
        } else {
            self.shortest_s.min(seconds)
        };
        self.longest_s = self.longest_s.max(seconds);
        self.count += 1;
    }
}

/// What became of transitions, as the feed showed them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transitions {
    /// Agents that were shown online.
    pub(crate) online: u64,
    /// Agents that were shown offline, rightly.
    pub(crate) offline: u64,
    /// Agents that were shown offline though an answered contact promised otherwise.
    pub(crate) falsely: u64,
    /// Agents that were shown offline rightly, though they were to be online: their contacts did not come through.
    pub(crate) unwanted: u64,
    /// Agents that were shown offline twice in a row.
    pub(crate) twice: u64,
    /// Agents whose lease ended and that were not shown offline.
    pub(crate) missing: u64,
    /// From the end of a lease until it was seen, of agents that were silent.
    pub(crate) detection: Spans,
    /// From the first contact of an agent that came back until it was seen.
    pub(crate) return_shown: Spans,
}

/// All of it, since the scenario began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) heartbeats: u64,
    pub(crate) registers: u64,
    pub(crate) polls: u64,
    /// From a request's first byte until its answer was read: heartbeats and polls.
    pub(crate) answers: Spans,
    /// The same of registers.
    pub(crate) register_answers: Spans,
    /// Loopback packets that were answered, and how soon.
    pub(crate) echoes: Spans,
    /// From when an agent wanted to speak until a connection was free for it.
    pub(crate) waits: Spans,
    /// From when an agent began until the server had taken its register, with all that failed in between.
    pub(crate) registering: Spans,
    /// From when agents that were silent could speak again until one of them was answered.
    pub(crate) returning: Spans,
    /// Agents that were not registered in the end.
    pub(crate) unregistered: u64,
    /// Agents that were silent and not heard again in the end.
    pub(crate) unreturned: u64,
    pub(crate) troubles: BTreeMap<Trouble, u64>,
    pub(crate) slots: Slots,
    pub(crate) transitions: Transitions,
    pub(crate) window: Window,
}

/// The same since the last line of the course.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    pub(crate) answered: u64,
    pub(crate) troubles: u64,
    pub(crate) answers: Spans,
}

impl Tally {
    /// A call was answered as it asked for.
    pub(crate) fn answered(&mut self, call: Call, took_us: u64) {
        match call {
            Call::Register(_) => {
                self.registers += 1;
                self.register_answers.add(took_us);
            }
            Call::Poll => {
                self.polls += 1;
                self.answers.add(took_us);
            }
            Call::Heartbeat | Call::Ack | Call::Goodbye(_) => {
                self.heartbeats += 1;
                self.answers.add(took_us);
            }
        }
        self.window.answered += 1;
        self.window.answers.add(took_us);
    }

    /// A loopback packet was echoed.
    pub(crate) fn echoed(&mut self, took_us: u64) {
        self.echoes.add(took_us);
        self.window.answered += 1;
        self.window.answers.add(took_us);
    }

    /// A call was not.
    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        *self.troubles.entry(trouble).or_default() += 1;
        self.window.troubles += u64::from(!trouble.is_expected());
    }

    pub(crate) fn contacts(&self) -> u64 {
        self.heartbeats + self.registers + self.polls + self.echoes.count()
    }

    /// Whether all that happened may happen with a healthy server.
    pub(crate) fn is_as_expected(&self) -> bool {
        let transitions = &self.transitions;
        self.troubles.keys().all(|trouble| trouble.is_expected())
            && self.unregistered == 0
            && self.unreturned == 0
            && transitions.falsely == 0
            && transitions.unwanted == 0
            && transitions.twice == 0
            && transitions.missing == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_with_the_shortest_and_the_longest() {
        let mut slots = Slots::default();
        for seconds in [17, 3, 40] {
            slots.add(seconds);
        }
        assert_eq!(
            slots,
            Slots {
                count: 3,
                shortest_s: 3,
                longest_s: 40
            }
        );
    }

    #[test]
    fn a_slot_is_as_expected_and_everything_else_is_not() {
        let mut tally = Tally::default();
        tally.answered(Call::Heartbeat, 300);
        tally.trouble(Trouble::Slot);
        assert!(tally.is_as_expected());
        for trouble in [Trouble::Busy, Trouble::Connect, Trouble::Status(500)] {
            let mut tally = tally.clone();
            tally.trouble(trouble);
            assert!(!tally.is_as_expected(), "{trouble:?}");
        }
        tally.transitions.missing = 1;
        assert!(!tally.is_as_expected());
    }

    #[test]
    fn percentiles_are_those_of_what_was_added() {
        let mut spans = Spans::default();
        assert_eq!((spans.percentile(99.0), spans.longest()), (0, 0));
        (1..=1_000).for_each(|span| spans.add(span));
        assert_eq!(spans.percentile(50.0), 500);
        assert_eq!(spans.percentile(99.0), 990);
        assert_eq!((spans.longest(), spans.count()), (1_000, 1_000));
        spans.add(20_000_000);
        assert!(
            (19_990_000..=20_020_000).contains(&spans.longest()),
            "{}",
            spans.longest()
        );
    }
}
