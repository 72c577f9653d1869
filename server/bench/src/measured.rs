//! What a run gave: how many answers, in what time, and how long each took.

use std::time::Duration;

use serde_json::{Value, json};

/// Answers, and how long each took.
#[derive(Debug, Default)]
pub struct Measured {
    took_us: Vec<u32>,
    /// Requests that were refused, or broke.
    pub failed: u64,
}

impl Measured {
    /// Notes an answer.
    pub fn note(&mut self, took: Duration) {
        self.took_us
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Takes up what another connection measured.
    pub fn merge(&mut self, other: Self) {
        self.took_us.extend(other.took_us);
        self.failed += other.failed;
    }

    /// As a line for `.ci/bench.d`: rate a second, and delays in milliseconds.
    #[must_use]
    pub fn told(mut self, lasting: Duration) -> Value {
        self.took_us.sort_unstable();
        let count = self.took_us.len();
        let at = |per_mille: usize| -> f64 {
            let place = (count * per_mille / 1000).min(count.saturating_sub(1));
            f64::from(self.took_us.get(place).copied().unwrap_or_default()) / 1000.0
        };
        json!({
            "rate": u32::try_from(count).map_or(f64::MAX, f64::from) / lasting.as_secs_f64(),
            "answers": count,
            "median": at(500),
            "p99": at(990),
            "worst": at(1000),
            "failed": self.failed,
        })
    }
}

/// How long a run is: so many seconds as the line says that asks for it, else as the flags say.
#[must_use]
pub fn lasting(line: &str, otherwise: u64) -> Duration {
    Duration::from_secs(line.trim().parse().unwrap_or(otherwise))
}
