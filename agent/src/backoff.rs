//! How long an agent holds back after a failure: `min(cap, base x 2^n)`, and jitter after the cap.
//!
//! Jitter before the cap would give no spread at all: after a long outage every agent would wait exactly the cap
//! and come back in the same instant. Jitter only shortens, so that the cap stays the longest that the server
//! has to wait for anyone (rule 6 builds its return window on it).
//!
//! Not for a wait that the server named: that is obeyed as it stands.

use rollcall_shared::patience::LONGEST_BACKOFF;

use crate::schedule::LEAST_WAIT_MS;
use crate::spread;

/// The first wait, in milliseconds, before jitter. Most losses are one dropped connection.
pub const BASE_MS: u64 = 1_000;

/// The longest wait, in milliseconds, as the server knows it: five minutes find a server that is back soon enough
/// for every lease that people set, and a hundred thousand agents ask a dead one 450 times a second.
pub const CAP_MS: u64 = LONGEST_BACKOFF.as_secs() * 1_000;

/// The first wait, in milliseconds, of an agent that the server does not know.
pub const UNKNOWN_BASE_MS: u64 = 60 * 1_000;

/// The longest wait, in milliseconds, of an agent that the server does not know: an hour. Somebody has to mend
/// something first, and a hundred thousand such agents ask some 40 times a second.
pub const UNKNOWN_CAP_MS: u64 = 60 * 60 * 1_000;

/// A doubling wait with a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base_ms: u64,
    cap_ms: u64,
}

/// Bounds that make no back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a back-off needs 0 < base <= cap; base is {base_ms} ms, cap {cap_ms} ms")]
pub struct InvalidBackoff {
    /// The first wait that was given.
    pub base_ms: u64,
    /// The longest wait that was given.
    pub cap_ms: u64,
}

impl Backoff {
    /// The back-off of an agent that the server does not know.
    pub const UNKNOWN: Self = Self {
        base_ms: UNKNOWN_BASE_MS,
        cap_ms: UNKNOWN_CAP_MS,
    };

    /// A back-off from `base_ms` up to `cap_ms`.
    ///
    /// # Errors
    /// Where the base is 0 (a loop that never rests) or above the cap.
    pub const fn try_new(base_ms: u64, cap_ms: u64) -> Result<Self, InvalidBackoff> {
        if base_ms > 0 && base_ms <= cap_ms {
            Ok(Self { base_ms, cap_ms })
        } else {
            Err(InvalidBackoff { base_ms, cap_ms })
        }
    }

    /// The back-off of an agent that is expected every `interval_ms`: it never waits longer than that, so one
    /// failure costs no more than one missed heartbeat. But whatever interval an answer names, it does not wait less
    /// than [`LEAST_WAIT_MS`].
    #[must_use]
    pub const fn within(interval_ms: u64) -> Self {
        let cap_ms = if interval_ms < CAP_MS { interval_ms } else { CAP_MS };
        let cap_ms = if cap_ms < LEAST_WAIT_MS {
            LEAST_WAIT_MS
        } else {
            cap_ms
        };
        let base_ms = if BASE_MS < cap_ms { BASE_MS } else { cap_ms };
        Self { base_ms, cap_ms }
    }

    /// How long to wait after `failures` failures before this one: half to all of the capped span, and not less than
    /// [`LEAST_WAIT_MS`] where the cap allows that.
    #[must_use]
    pub fn delay_ms(self, failures: u32, random: u64) -> u64 {
        let factor = 1_u64.checked_shl(failures).unwrap_or(u64::MAX);
        let span = self.base_ms.saturating_mul(factor).min(self.cap_ms);
        (span - spread::up_to(random, span / 2)).max(self.least_ms())
    }

    /// The shortest wait that it ever gives.
    #[must_use]
    pub const fn least_ms(self) -> u64 {
        let half = self.base_ms - self.base_ms / 2;
        let floor = if LEAST_WAIT_MS < self.cap_ms {
            LEAST_WAIT_MS
        } else {
            self.cap_ms
        };
        if half < floor { floor } else { half }
    }

    /// The longest wait that it ever gives.
    #[must_use]
    pub const fn most_ms(self) -> u64 {
        self.cap_ms
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_wait_is_between_the_least_and_the_most(
            base_ms in 1..=10_000_000_u64,
            above in 0..=u64::MAX / 2,
            failures: u32,
            random: u64,
        ) {
            let backoff = Backoff::try_new(base_ms, base_ms + above).unwrap();
            let delay = backoff.delay_ms(failures, random);
            prop_assert!(delay >= backoff.least_ms(), "{delay}");
            prop_assert!(delay <= backoff.most_ms(), "{delay}");
        }

        #[test]
        fn an_agent_never_waits_longer_than_its_interval_nor_spins(
            interval_ms in prop_oneof![0..2_000_u64, any::<u64>()],
            failures in prop_oneof![0..20_u32, any::<u32>()],
            random: u64,
        ) {
            let delay = Backoff::within(interval_ms).delay_ms(failures, random);
            prop_assert!(delay >= LEAST_WAIT_MS);
            prop_assert!(delay <= interval_ms.max(LEAST_WAIT_MS) && delay <= CAP_MS);
        }
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let backoff = Backoff::try_new(1_000, 10_000).unwrap();
        let waits: Vec<u64> = (0..6).map(|failures| backoff.delay_ms(failures, 0)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(backoff.delay_ms(u32::MAX, 0), 10_000);
    }

    #[test]
    fn agents_at_the_cap_are_still_spread() {
        let backoff = Backoff::try_new(1_000, 300_000).unwrap();
        let waits: BTreeSet<u64> = (0..1_024_u64)
            .map(|agent| backoff.delay_ms(40, agent << 54))
            .collect();
        assert!(
            waits.len() >= 1_000,
            "{} different waits of 1024 agents",
            waits.len()
        );
        assert!(waits.first().is_some_and(|least| *least < 152_000));
        assert!(waits.last().is_some_and(|most| *most == 300_000));
    }

    #[test]
    fn a_server_whose_minute_is_nothing_is_not_asked_over_and_over() {
        for interval_ms in [0, 1, LEAST_WAIT_MS] {
            let backoff = Backoff::within(interval_ms);
            assert_eq!(backoff.delay_ms(0, u64::MAX), LEAST_WAIT_MS, "{interval_ms}");
            assert_eq!(backoff.delay_ms(9, 0), LEAST_WAIT_MS, "{interval_ms}");
        }
    }

    #[test]
    fn bounds_that_would_spin_are_refused() {
        assert!(Backoff::try_new(0, 10).is_err());
        assert!(Backoff::try_new(11, 10).is_err());
    }
}
