//! How long it took agents to apply something: the median and the longest of many, in little memory.

/// Buckets for each doubling: the median is right to an eighth of itself.
const AN_OCTAVE: u32 = 8;

/// Up to this many milliseconds each has a bucket of its own.
const EXACT_MS: u32 = AN_OCTAVE;

/// A bucket for every delay that 32 bits of milliseconds hold.
const BUCKETS: usize = (EXACT_MS + (32 - EXACT_MS.ilog2()) * AN_OCTAVE) as usize;

/// Delays, counted.
#[derive(Debug, Clone)]
pub(super) struct Delays {
    counts: Box<[u32; BUCKETS]>,
    number: u64,
    longest_ms: u32,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            counts: Box::new([0; BUCKETS]),
            number: 0,
            longest_ms: 0,
        }
    }
}

impl Delays {
    /// Counts one. A clock that was set back in between makes none shorter than nothing.
    pub(super) fn add(&mut self, delay_ms: i64) {
        let delay_ms = u32::try_from(delay_ms.max(0)).unwrap_or(u32::MAX);
        self.add_many(delay_ms, 1);
    }

    /// Counts so many of the same.
    pub(super) fn add_many(&mut self, delay_ms: u32, many: u32) {
        if let Some(count) = self.counts.get_mut(bucket(delay_ms)) {
            *count += many;
        }
        self.number += u64::from(many);
        self.longest_ms = self.longest_ms.max(delay_ms);
    }

    /// Half of them are no longer than this; nothing where there are none.
    pub(super) fn median_ms(&self) -> Option<u32> {
        let mut before = 0;
        for (at, &count) in self.counts.iter().enumerate() {
            before += u64::from(count);
            if count > 0 && before * 2 >= self.number {
                return Some(most(at).min(self.longest_ms));
            }
        }
        None
    }

    /// The longest; nothing where there are none.
    pub(super) fn longest_ms(&self) -> Option<u32> {
        (self.number > 0).then_some(self.longest_ms)
    }
}

fn bucket(delay_ms: u32) -> usize {
    let at = if delay_ms < EXACT_MS {
        delay_ms
    } else {
        let octave = delay_ms.ilog2() - EXACT_MS.ilog2();
        EXACT_MS + octave * AN_OCTAVE + ((delay_ms >> octave) - AN_OCTAVE)
    };
    at as usize
}

/// The longest delay of a bucket.
fn most(bucket: usize) -> u32 {
    let at = u32::try_from(bucket).unwrap_or(u32::MAX);
    if at < EXACT_MS {
        return at;
    }
    let (octave, part) = ((at - EXACT_MS) / AN_OCTAVE, (at - EXACT_MS) % AN_OCTAVE);
    let next = u64::from(AN_OCTAVE + part + 1) << octave;
    u32::try_from(next - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_median() {
        let delays = Delays::default();
        assert_eq!((delays.median_ms(), delays.longest_ms()), (None, None));
    }

    #[test]
    fn the_ends_of_what_can_be_counted_have_buckets() {
        for delay_ms in [0, 1, 7, 8, 9, 1_000, u32::MAX] {
            let mut delays = Delays::default();
            delays.add_many(delay_ms, 1);
            assert_eq!(delays.median_ms(), Some(delay_ms));
        }
        let mut delays = Delays::default();
        delays.add(-5);
        assert_eq!(delays.longest_ms(), Some(0));
        delays.add(i64::MAX);
        assert_eq!(delays.longest_ms(), Some(u32::MAX));
    }

    proptest::proptest! {
        #[test]
        fn the_median_is_right_to_an_eighth(mut delays in proptest::collection::vec(0u32..10_000_000, 1..50)) {
            let mut counted = Delays::default();
            for &delay in &delays {
                counted.add(i64::from(delay));
            }
            delays.sort_unstable();
            let exact = delays[(delays.len() - 1) / 2];
            let told = counted.median_ms().unwrap();
            proptest::prop_assert!(told >= exact && told <= exact + exact / 8, "{exact} {told}");
            proptest::prop_assert_eq!(counted.longest_ms(), delays.last().copied());
        }
    }
}
