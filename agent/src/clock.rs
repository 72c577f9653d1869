//! The only place that reads time and randomness.
//!
//! Two clocks: one that goes on while the machine sleeps, by which everything is scheduled, and one that does
//! not; their difference tells that it slept. Wall time only labels the status file for people.

use nix::time::{ClockId, clock_gettime};

/// Milliseconds since the machine booted, suspended time included. Never runs backwards.
#[cfg(target_os = "linux")]
pub(crate) fn now_ms() -> u64 {
    read_ms(ClockId::CLOCK_BOOTTIME)
}

/// Milliseconds of the monotonic clock, where the platform has none that counts suspended time.
#[cfg(not(target_os = "linux"))]
pub(crate) fn now_ms() -> u64 {
    read_ms(ClockId::CLOCK_MONOTONIC)
}

/// Milliseconds that the machine was awake since it booted.
pub(crate) fn awake_ms() -> u64 {
    read_ms(ClockId::CLOCK_MONOTONIC)
}

/// Seconds since 1970, as the machine's clock has it. A label, never a basis for a decision.
pub(crate) fn wall_s() -> u64 {
    wall_ms() / 1_000
}

/// Milliseconds since 1970, likewise.
pub(crate) fn wall_ms() -> u64 {
    read_ms(ClockId::CLOCK_REALTIME)
}

/// A clock that the kernel does not have reads 0; every kernel that runs Rust's standard library has these.
fn read_ms(clock: ClockId) -> u64 {
    clock_gettime(clock).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec()).unwrap_or(0);
        seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
    })
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

/// Random bits for delays and boot ids: seeded once by the operating system, then `SplitMix64`, which needs no
/// system call and cannot fail. Not for keys.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn seeded() -> Result<Self, NoRandomness> {
        Ok(Self(u64::from_ne_bytes(random_bytes()?)))
    }

    pub(crate) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_counts_sleep_is_never_behind_the_other() {
        let awake = awake_ms();
        assert!(now_ms() >= awake);
        assert!(awake > 0);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
    }
}
