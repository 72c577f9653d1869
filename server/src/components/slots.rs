//! When an agent that finds all places taken is to come again: one after the other, as places become free.
//!
//! A fixed wait would bring all of them back at once. Each refusal takes the next slot instead; slots are as far apart
//! as a download takes, divided by the places. Pure: `now` is the monotonic clock's.

use std::time::Duration;

/// What a download is taken to last before the first has ended.
const AT_FIRST: Duration = Duration::from_secs(10);

/// The longest wait that is named: what agents obey, and time enough for a small fleet's backlog.
const LONGEST: Duration = Duration::from_mins(30);

/// How much of what downloads are taken to last the newest one changes: one in so many, so that a single slow agent
/// does not hold up all.
const ONE_IN: u32 = 8;

/// The queue of those who were sent away.
#[derive(Debug)]
pub struct Slots {
    places: u32,
    lasts: Duration,
    last_slot: Duration,
}

impl Slots {
    /// For so many places.
    #[must_use]
    pub fn new(places: u32) -> Self {
        Self {
            places: places.max(1),
            lasts: AT_FIRST,
            last_slot: Duration::ZERO,
        }
    }

    /// A download ended after so long.
    pub fn ended(&mut self, after: Duration) {
        self.lasts = (self.lasts * (ONE_IN - 1) + after.min(LONGEST)) / ONE_IN;
    }

    /// How many seconds somebody is to wait who finds no place.
    pub fn wait(&mut self, now: Duration) -> u32 {
        let next = self.last_slot.max(now) + self.lasts / self.places;
        self.last_slot = next.min(now + LONGEST);
        let wait = self.last_slot.saturating_sub(now);
        u32::try_from(wait.as_secs())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_finds_no_place_is_told_to_come_one_after_the_other() {
        let mut slots = Slots::new(4);
        for _ in 0..100 {
            slots.ended(Duration::from_secs(40));
        }
        let waits: Vec<u32> = (0..4).map(|_| slots.wait(Duration::from_secs(7))).collect();
        for (wait, due) in waits.iter().zip([10, 20, 30, 40]) {
            assert!((due..=due + 1).contains(wait), "{waits:?}");
        }
        let later = slots.wait(Duration::from_secs(1_000));
        assert!((10..=11).contains(&later), "the backlog is gone: {later}");
    }

    proptest! {
        #[test]
        fn a_wait_is_never_nothing_nor_longer_than_is_obeyed(
            steps in proptest::collection::vec((0..100_000_u64, 0..100_000_u64, 0..40_u8), 1..40),
            places in 0..100_u32,
        ) {
            let (mut slots, mut now) = (Slots::new(places), Duration::ZERO);
            for (passes, lasts, refusals) in steps {
                now += Duration::from_millis(passes);
                slots.ended(Duration::from_secs(lasts));
                for _ in 0..refusals {
                    let wait = slots.wait(now);
                    prop_assert!((1..=1_801).contains(&wait), "{wait}");
                }
            }
        }
    }
}
