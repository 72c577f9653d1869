//! Randomness from a seed: `SplitMix64` (Steele, Lea and Flood 2014). Good enough to draw bad days from, the same on
//! every machine.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 even bits.
    pub(crate) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// From 0 to `most`, both included.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        let product = u128::from(self.bits()) * (u128::from(most) + 1);
        u64::try_from(product >> 64).unwrap_or(most)
    }

    /// From `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.up_to(most.saturating_sub(least))
    }

    /// From `least` to `most`, the shorter ones as likely as the longer ones, order of magnitude by order of magnitude.
    pub(crate) fn spread(&mut self, least: u64, most: u64) -> u64 {
        let doublings = u64::from((most / least.max(1)).max(1).ilog2());
        let top = least << self.up_to(doublings);
        self.between(least, top.saturating_mul(2).min(most))
    }

    /// Whether something of this likelihood, in thousandths, happens.
    pub(crate) fn chance(&mut self, thousandths: u64) -> bool {
        self.up_to(999) < thousandths
    }

    /// An index below `count`, which is not 0.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        let most = u64::try_from(count.saturating_sub(1)).unwrap_or(0);
        usize::try_from(self.up_to(most)).unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.index(of.len())).copied()
    }
}
