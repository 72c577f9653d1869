//! How many contacts were heard, and how many in a second. Counted by partition: contacts of different agents seldom meet.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rollcall_presence::PARTITIONS;

/// The count of one partition, in a cache line of its own: another core counts in the next.
#[derive(Debug)]
#[repr(align(64))]
struct Line(AtomicU64);

/// The count.
#[derive(Debug)]
pub(super) struct Count {
    partitions: [Line; PARTITIONS],
    /// Of all of them when it was last looked at.
    looked_at: AtomicU64,
    a_second: AtomicU32,
}

impl Count {
    pub(super) const fn new() -> Self {
        Self {
            partitions: [const { Line(AtomicU64::new(0)) }; PARTITIONS],
            looked_at: AtomicU64::new(0),
            a_second: AtomicU32::new(0),
        }
    }

    /// One more was heard.
    pub(super) fn add(&self, partition: u8) {
        if let Some(count) = self.partitions.get(usize::from(partition)) {
            count.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// So much time has passed since it was last told that some has.
    pub(super) fn time_passed(&self, passed: Duration) {
        let all = self
            .partitions
            .iter()
            .map(|count| count.0.load(Ordering::Relaxed))
            .sum();
        let before = self.looked_at.swap(all, Ordering::Relaxed);
        let heard = u128::from(all.wrapping_sub(before));
        let a_second = heard * 1_000_000 / passed.as_micros().max(1);
        let a_second = u32::try_from(a_second).unwrap_or(u32::MAX);
        self.a_second.store(a_second, Ordering::Relaxed);
    }

    pub(super) fn a_second(&self) -> u32 {
        self.a_second.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_counted_by_the_time_in_which_they_came() {
        let count = Count::new();
        for partition in [0, 1, 1, 63, 64, 255] {
            count.add(partition);
        }
        assert_eq!(count.a_second(), 0, "nobody looked yet");
        count.time_passed(Duration::from_millis(500));
        assert_eq!(count.a_second(), 8, "there are 64 partitions");
        count.time_passed(Duration::from_secs(1));
        assert_eq!(count.a_second(), 0);
        count.add(3);
        count.time_passed(Duration::ZERO);
        assert_eq!(count.a_second(), 1_000_000);
    }
}
