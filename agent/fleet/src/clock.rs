//! The only place that reads time and randomness.

use core::time::Duration;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Time since the run began: what everything is scheduled and measured by. Copies read the same clock, so that what
/// one thread notes can be held against what another does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    /// Begins at 0.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// Microseconds since the beginning.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub(crate) fn now_us(self) -> u64 {
        in_us(Instant::now().saturating_duration_since(self.began))
    }
}

/// A span in whole microseconds.
pub(crate) fn in_us(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970 by the machine's clock: a label of the simulated machines, never a basis for a decision.
pub(crate) fn wall_ms() -> u64 {
    let time = clock_gettime(ClockId::Realtime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
}

/// The operating system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness: {0}")]
pub(crate) struct NoRandomness(getrandom::Error);

/// Random bytes fit for keys.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that draws randomness"
)]
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// Random bits for delays and boot ids: seeded once by the operating system, then `SplitMix64`. Not for keys.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn seeded() -> Result<Self, NoRandomness> {
        Ok(Self(u64::from_ne_bytes(random_bytes()?)))
    }

    #[cfg(test)]
    pub(crate) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
