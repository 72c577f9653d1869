//! How late the server notices and tells, over the last hour: the promise of rule 4, measured on every transition.
//!
//! Two spans: from a deadline in engine time to its transition being published, and from there to the message of the
//! feed that carries it. Kept as histograms of five minutes each, so that old spans leave without being remembered one
//! by one, and what it costs does not grow with the fleet.

use std::time::Duration;

use hdrhistogram::Histogram;
use parking_lot::Mutex;

/// A slice of the hour.
const SLICE: Duration = Duration::from_mins(5);

/// Slices kept. The one that is being filled is one of them, so between 55 and 60 minutes are told.
const SLICES: usize = 12;

/// The longest span that is told apart: an hour. What is longer counts as that.
const LONGEST_US: u64 = 3_600_000_000;

/// Two significant digits: a span is told to within one in a hundred.
const DIGITS: u8 = 2;

/// The spans that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From a deadline to its transition.
    Transition,
    /// From a transition to the feed.
    Feed,
}

impl Stage {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Transition, Self::Feed];

    /// Its name in the metrics.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Transition => "transition",
            Self::Feed => "feed",
        }
    }
}

/// How late, over the last hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer.
    pub median: Duration,
    /// 99 of a hundred took no longer.
    pub p99: Duration,
    /// None took longer.
    pub worst: Duration,
}

/// The measurements. Shared; whoever measures waits for whoever measures at the same moment, and for nobody else.
#[derive(Debug, Default)]
pub struct Detection {
    transition: Mutex<Hour>,
    feed: Mutex<Hour>,
}

impl Detection {
    /// Adds one, at this time by the monotonic clock.
    pub fn note(&self, stage: Stage, took: Duration, monotonic: Duration) {
        self.hour(stage).lock().note(took, monotonic);
    }

    /// The last hour, seen from this time by the monotonic clock.
    #[must_use]
    pub fn last_hour(&self, stage: Stage, monotonic: Duration) -> Lateness {
        self.hour(stage).lock().told(monotonic)
    }

    const fn hour(&self, stage: Stage) -> &Mutex<Hour> {
        match stage {
            Stage::Transition => &self.transition,
            Stage::Feed => &self.feed,
        }
    }
}

/// Slices of one stage. Those of quiet times are not there at all.
#[derive(Debug, Default)]
struct Hour {
    slices: Vec<Slice>,
}

#[derive(Debug)]
struct Slice {
    /// Which five minutes since the process began.
    number: u128,
    spans: Histogram<u32>,
}

impl Hour {
    fn note(&mut self, took: Duration, monotonic: Duration) {
        let number = number_of(monotonic);
        self.forget(number);
        if self.slices.last().is_none_or(|last| last.number != number) {
            // Refused only where the digits or the bound make no histogram, and these do.
            let Ok(spans) = Histogram::new_with_bounds(1, LONGEST_US, DIGITS) else {
                return;
            };
            self.slices.push(Slice { number, spans });
        }
        if let Some(slice) = self.slices.last_mut() {
            let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US);
            slice.spans.saturating_record(micros.max(1));
        }
    }

    fn told(&mut self, monotonic: Duration) -> Lateness {
        self.forget(number_of(monotonic));
        let Ok(mut all) = Histogram::<u32>::new_with_bounds(1, LONGEST_US, DIGITS) else {
            return Lateness::default();
        };
        for slice in &self.slices {
            // Both have the same bounds.
            let _added = all.add(&slice.spans);
        }
        Lateness {
            count: all.len(),
            median: Duration::from_micros(all.value_at_quantile(0.5)),
            p99: Duration::from_micros(all.value_at_quantile(0.99)),
            worst: Duration::from_micros(all.max()),
        }
    }

    fn forget(&mut self, now: u128) {
        self.slices
            .retain(|slice| now.saturating_sub(slice.number) < SLICES as u128);
    }
}

const fn number_of(monotonic: Duration) -> u128 {
    monotonic.as_micros() / SLICE.as_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn half_are_quicker_than_the_median_and_none_is_slower_than_the_worst() {
        let detection = Detection::default();
        for took in 1..=1_000 {
            detection.note(Stage::Transition, ms(took), ms(took));
        }
        let told = detection.last_hour(Stage::Transition, ms(2_000));
        assert_eq!(told.count, 1_000);
        for (told, exact) in [
            (told.median, ms(500)),
            (told.p99, ms(990)),
            (told.worst, ms(1_000)),
        ] {
            assert!(
                told >= exact && told <= exact + exact / 64,
                "{told:?} for {exact:?}"
            );
        }
        assert_eq!(detection.last_hour(Stage::Feed, ms(2_000)), Lateness::default());
    }

    #[test]
    fn an_hour_later_nothing_is_told_of_it() {
        let detection = Detection::default();
        let hour = Duration::from_hours(1);
        detection.note(Stage::Feed, ms(7), ms(0));
        assert_eq!(
            detection.last_hour(Stage::Feed, hour.saturating_sub(ms(1))).count,
            1
        );
        assert_eq!(detection.last_hour(Stage::Feed, hour), Lateness::default());
    }

    #[test]
    fn a_span_beyond_all_bounds_counts_as_the_longest() {
        let detection = Detection::default();
        detection.note(Stage::Feed, Duration::MAX, ms(0));
        detection.note(Stage::Feed, Duration::ZERO, ms(0));
        assert_eq!(detection.last_hour(Stage::Feed, ms(0)).count, 2);
    }
}
