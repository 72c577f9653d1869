//! What a server with more to do than it can asks of its fleet: to come back later, spread over what it can take, and
//! to report less often (rule 15).
//!
//! Both are asked for without forgetting anybody: who is told to come later was heard (rule 2), and an interval never
//! grows so far that a healthy agent could miss its lease.

use core::time::Duration;

/// The least that one is sent away for: less would be answered sooner by waiting.
const SHORTEST_SLOT: Duration = Duration::from_secs(1);

/// Above this share of its processors a server is loaded, in thousandths: a fifth is left for bursts.
const BUSY: u32 = 800;

/// Below this share it has room. Well apart from [`BUSY`], so that intervals do not swing.
const IDLE: u32 = 600;

/// Intervals grow by an eighth for each second under load, and shrink by a sixteenth for each with room: load is
/// answered within seconds, and its end waited for.
const GROW: u32 = 8;
const SHRINK: u32 = 16;

/// An interval as it is set, in thousandths of itself.
const WHOLE: u32 = 1_000;

/// The most that an interval grows, in thousandths; rule 15 bounds it sooner in most settings.
const MOST: u32 = 100 * WHOLE;

/// When somebody who is sent away is to come back: drawn from the span in which a server that takes so many a second
/// is through with its whole backlog, so that everybody's draw together loads it evenly. `random` is fresh for each.
#[must_use]
pub fn slot(backlog: u32, a_second: u32, longest: Duration, random: u64) -> Duration {
    let through = Duration::from_secs(1) * backlog / a_second.max(1);
    let span = through.clamp(SHORTEST_SLOT, longest.max(SHORTEST_SLOT));
    let span_us = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    let drawn = (u128::from(random) * u128::from(span_us)) >> 64;
    Duration::from_micros(u64::try_from(drawn).unwrap_or(0)).max(SHORTEST_SLOT)
}

/// The longest interval that may be dictated instead of this one (rule 15): two of them and a minute fit into
/// `offline_after`.
#[must_use]
pub fn longest_interval(interval: Duration, offline_after: Duration, minute: Duration) -> Duration {
    interval.max(offline_after.saturating_sub(minute) / 2)
}

/// How much longer than set the intervals are that are dictated now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch(u32);

impl Default for Stretch {
    fn default() -> Self {
        Self(WHOLE)
    }
}

impl Stretch {
    /// The next second's, where the last second kept this share of the processors busy, in thousandths.
    #[must_use]
    pub fn after(self, busy: u32) -> Self {
        if busy >= BUSY {
            Self((self.0 + self.0 / GROW).min(MOST))
        } else if busy < IDLE {
            Self((self.0 - self.0 / SHRINK).max(WHOLE))
        } else {
            self
        }
    }

    /// In thousandths: 1000 is as set.
    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// As [`Self::thousandths`] gave it; less than as set is as set.
    #[must_use]
    pub fn from_thousandths(given: u32) -> Self {
        Self(given.clamp(WHOLE, MOST))
    }

    /// The interval to dictate.
    #[must_use]
    pub fn interval(self, interval: Duration, offline_after: Duration, minute: Duration) -> Duration {
        if self.0 == WHOLE {
            return interval;
        }
        let longest = longest_interval(interval, offline_after, minute);
        (interval.saturating_mul(self.0) / WHOLE).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    proptest! {
        #[test]
        fn rule_15_an_interval_never_grows_so_far_that_two_of_them_and_a_minute_miss_the_lease(
            every in 1_u32..=129_600, more in 1_u32..=129_600, thousandths in any::<u32>(),
        ) {
            let (interval, offline_after) = (MINUTE * every, MINUTE * (every + more).min(129_600));
            let stretched = Stretch::from_thousandths(thousandths).interval(interval, offline_after, MINUTE);
            prop_assert!(stretched >= interval);
            prop_assert!(stretched == interval || stretched * 2 + MINUTE <= offline_after, "{stretched:?}");
        }

        #[test]
        fn a_slot_is_within_the_longest_and_at_least_a_second(
            backlog in any::<u32>(), a_second in any::<u32>(), random in any::<u64>(),
        ) {
            let slot = slot(backlog, a_second, MINUTE, random);
            prop_assert!(slot >= SHORTEST_SLOT && slot <= MINUTE, "{slot:?}");
        }
    }

    #[test]
    fn a_backlog_comes_back_spread_over_the_time_that_it_takes() {
        // 10,000 at 1,000 a second: about a tenth in each of ten seconds.
        let mut seconds = [0_u32; 11];
        for drawn in 0..10_000_u64 {
            let slot = slot(10_000, 1_000, MINUTE, drawn * (u64::MAX / 10_000));
            seconds[usize::try_from(slot.as_secs()).unwrap()] += 1;
        }
        // The first second is part of the second one: nobody comes back at once.
        assert_eq!(seconds[0], 0);
        assert!((1_990..=2_010).contains(&seconds[1]), "{seconds:?}");
        for count in &seconds[2..10] {
            assert!((990..=1_010).contains(count), "{seconds:?}");
        }
    }

    #[test]
    fn load_stretches_within_seconds_and_its_end_is_waited_for() {
        let mut stretch = Stretch::default();
        let second = |stretch: Stretch, busy| stretch.after(busy);
        for _ in 0..6 {
            stretch = second(stretch, 950);
        }
        assert!(stretch.thousandths() >= 2_000, "{stretch:?}");
        let held = second(stretch, 700);
        assert_eq!(held, stretch, "between the two marks nothing swings");
        for _ in 0..200 {
            stretch = second(stretch, 100);
        }
        assert_eq!(stretch, Stretch::default());
    }
}
