//! The summary: as lines for people, as one JSON object for programs. Spans are milliseconds.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::tally::{Spans, Tally};

/// What a run showed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) scenario: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) agents: u32,
    pub(crate) connections: u32,
    /// Whether it was ended before its time.
    pub(crate) interrupted: bool,
    /// Whether nothing happened but what may happen with a healthy server.
    pub(crate) as_expected: bool,
    /// What came before the scenario.
    pub(crate) before: Before,
    pub(crate) lasted_s: f64,
    pub(crate) contacts: u64,
    pub(crate) contacts_per_s: f64,
    pub(crate) heartbeats: u64,
    pub(crate) registers: u64,
    pub(crate) polls: u64,
    /// From the request's first byte to the answer's last: heartbeats and polls.
    pub(crate) answers_ms: Percentiles,
    /// The same of registers.
    pub(crate) register_answers_ms: Percentiles,
    /// From a loopback packet to its echo.
    pub(crate) echoes_ms: Percentiles,
    /// How long contacts waited for a free connection of the pool.
    pub(crate) waits_ms: Percentiles,
    /// From an agent's beginning to its register's answer, with what failed in between.
    pub(crate) registering_ms: Percentiles,
    /// From when silent agents could speak again to each one's next answered contact.
    pub(crate) returning_ms: Percentiles,
    /// By kind, but for slots.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) slots: Slots,
    /// Agents that were not registered, and not heard again, in the end.
    pub(crate) unregistered: u64,
    pub(crate) unreturned: u64,
    /// What the feed showed; nothing where nobody watched it.
    pub(crate) transitions: Option<Seen>,
    /// How it went over time.
    pub(crate) course: Vec<Stretch>,
    /// How much of one processor this program took: near 1, it was itself the limit.
    pub(crate) own_cpu: f64,
    /// What the reader should know besides.
    pub(crate) notes: Vec<String>,
}

/// What came before the scenario.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Before {
    pub(crate) enrolled: u32,
    pub(crate) enrolling_s: f64,
    pub(crate) registered: u32,
    pub(crate) registering_s: f64,
}

/// Percentiles of a span, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) max: f64,
}

/// Slots given, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Slots {
    pub(crate) count: u64,
    pub(crate) shortest_s: u64,
    pub(crate) longest_s: u64,
}

/// What the feed showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Seen {
    pub(crate) online: u64,
    pub(crate) offline: u64,
    #[serde(rename = "false")]
    pub(crate) falsely: u64,
    pub(crate) unwanted: u64,
    pub(crate) twice: u64,
    pub(crate) missing: u64,
    /// From the end of a silent agent's lease to its transition on the feed.
    pub(crate) detection_ms: Percentiles,
    /// From the first contact of an agent that comes to its transition on the feed.
    pub(crate) return_ms: Percentiles,
}

/// A stretch of the run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Stretch {
    /// When it ended, from the scenario's beginning.
    pub(crate) at_s: f64,
    /// Agents that were registered by then.
    pub(crate) agents: u32,
    pub(crate) contacts_per_s: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) errors: u64,
}

/// Microseconds as milliseconds, with all their digits.
pub(crate) fn ms(us: u64) -> f64 {
    us_as_f64(us) / 1_000.0
}

/// Microseconds as seconds.
pub(crate) fn seconds(us: u64) -> f64 {
    us_as_f64(us) / 1_000_000.0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "spans of a run are far below 2^52 microseconds"
)]
const fn us_as_f64(us: u64) -> f64 {
    us as f64
}

/// So many in so many microseconds, a second.
pub(crate) fn rate(count: u64, us: u64) -> f64 {
    if us == 0 {
        return 0.0;
    }
    us_as_f64(count) / seconds(us)
}

impl From<&Spans> for Percentiles {
    fn from(spans: &Spans) -> Self {
        Self {
            count: spans.count(),
            p50: ms(spans.percentile(50.0)),
            p90: ms(spans.percentile(90.0)),
            p99: ms(spans.percentile(99.0)),
            p99_9: ms(spans.percentile(99.9)),
            max: ms(spans.longest()),
        }
    }
}

impl Summary {
    /// Of a tally of `lasted_us`; what else there is to say is filled in by the caller.
    pub(crate) fn of(tally: &Tally, lasted_us: u64, watched: bool) -> Self {
        let errors = tally
            .troubles
            .iter()
            .filter(|(trouble, _)| !trouble.is_expected());
        let transitions = &tally.transitions;
        Self {
            scenario: "",
            transport: "http",
            agents: 0,
            connections: 0,
            interrupted: false,
            as_expected: tally.is_as_expected(),
            before: Before::default(),
            lasted_s: seconds(lasted_us),
            contacts: tally.contacts(),
            contacts_per_s: rate(tally.contacts(), lasted_us),
            heartbeats: tally.heartbeats,
            registers: tally.registers,
            polls: tally.polls,
            answers_ms: (&tally.answers).into(),
            register_answers_ms: (&tally.register_answers).into(),
            echoes_ms: (&tally.echoes).into(),
            waits_ms: (&tally.waits).into(),
            registering_ms: (&tally.registering).into(),
            returning_ms: (&tally.returning).into(),
            errors: errors.map(|(trouble, count)| (trouble.name(), *count)).collect(),
            slots: Slots {
                count: tally.slots.count,
                shortest_s: tally.slots.shortest_s,
                longest_s: tally.slots.longest_s,
            },
            unregistered: tally.unregistered,
            unreturned: tally.unreturned,
            transitions: watched.then(|| Seen {
                online: transitions.online,
                offline: transitions.offline,
                falsely: transitions.falsely,
                unwanted: transitions.unwanted,
                twice: transitions.twice,
                missing: transitions.missing,
                detection_ms: (&transitions.detection).into(),
                return_ms: (&transitions.return_shown).into(),
            }),
            course: Vec::new(),
            own_cpu: 0.0,
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_agent::schedule::Call;

    use super::*;
    use crate::tally::Trouble;

    fn summary() -> Summary {
        let mut tally = Tally::default();
        (0..100).for_each(|_| tally.answered(Call::Heartbeat, 1_500));
        tally.trouble(Trouble::Connect);
        tally.trouble(Trouble::Slot);
        tally.slots.add(17);
        tally.transitions.offline = 3;
        tally.transitions.detection.add(40_000);
        Summary::of(&tally, 10_000_000, true)
    }

    #[test]
    fn people_read_rates_percentiles_errors_and_what_was_not_as_expected() {
        let text = summary().text();
        for part in [
            "100 answered, 10.0/s: 100 heartbeats",
            "p50 1.50 ms",
            "1 no_connection",
            "1 given, 17 to 17 s",
            "3 offline; 0 false",
            "max 40.0",
            "NOT as expected",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(
            !text.contains("registering"),
            "what was not measured is not shown:\n{text}"
        );
    }

    #[test]
    fn programs_read_the_same() {
        let json = serde_json::to_value(summary()).unwrap();
        assert_eq!(json["contacts"], 100);
        assert_eq!(json["errors"]["no_connection"], 1);
        assert_eq!(json["errors"].get("slot"), None);
        assert_eq!(json["slots"]["longest_s"], 17);
        assert_eq!(json["transitions"]["false"], 0);
        assert_eq!(json["transitions"]["detection_ms"]["count"], 1);
        assert_eq!(json["as_expected"], false);
    }

    #[test]
    fn a_run_of_no_time_has_no_rate() {
        assert!(rate(5, 0).abs() < f64::EPSILON);
    }
}
