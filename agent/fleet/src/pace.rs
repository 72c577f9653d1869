//! When a simulated agent comes next: as the server dictates, or at an interval of the test's own.

use rollcall_agent::spread;

/// What is made of the times that the server names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pace {
    /// A heartbeat so often, in milliseconds, whatever the server says.
    pub(crate) every_ms: Option<u64>,
    /// Whether the first heartbeat after a register is drawn from the whole interval: a fleet that has run for long is
    /// spread evenly, one that a test registers within seconds is not.
    pub(crate) spread: bool,
}

impl Pace {
    /// When the heartbeat after a register is due, where the server says `dictated_ms`.
    pub(crate) fn first(self, dictated_ms: u64, random: u64) -> u64 {
        let every_ms = self.next(dictated_ms);
        if self.spread {
            spread::up_to(random, every_ms)
        } else {
            every_ms
        }
    }

    /// When the one after a heartbeat is due.
    pub(crate) fn next(self, dictated_ms: u64) -> u64 {
        self.every_ms.unwrap_or(dictated_ms)
    }
}

/// How many of `all` are to be there when `passed` of `lasting` microseconds are over: an even climb that ends with all.
pub(crate) fn climbed(all: u32, passed_us: u64, lasting_us: u64) -> u32 {
    if passed_us >= lasting_us {
        return all;
    }
    let part = u128::from(all) * u128::from(passed_us) / u128::from(lasting_us);
    u32::try_from(part).map_or(all, |part| part.min(all))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_server_dictates_unless_the_test_does() {
        assert_eq!(Pace::default().first(570_000, 7), 570_000);
        assert_eq!(Pace::default().next(570_000), 570_000);
        let own = Pace {
            every_ms: Some(10_000),
            spread: false,
        };
        assert_eq!(own.first(570_000, 7), 10_000);
        assert_eq!(own.next(570_000), 10_000);
    }

    #[test]
    fn a_fleet_that_is_spread_comes_evenly_over_its_first_interval() {
        let pace = Pace {
            every_ms: Some(10_000),
            spread: true,
        };
        let mut tenths = [0_u32; 10];
        for agent in 0..10_000_u64 {
            let first = pace.first(570_000, agent.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            tenths[usize::try_from(first / 1_001).unwrap().min(9)] += 1;
        }
        assert!(
            tenths.iter().all(|count| (900..=1_100).contains(count)),
            "{tenths:?}"
        );
    }

    #[test]
    fn a_climb_begins_with_nobody_and_ends_with_all() {
        assert_eq!(climbed(1_000, 0, 60_000_000), 0);
        assert_eq!(climbed(1_000, 30_000_000, 60_000_000), 500);
        assert_eq!(climbed(1_000, 60_000_000, 60_000_000), 1_000);
        assert_eq!(climbed(1_000, 5, 0), 1_000);
    }

    proptest! {
        #[test]
        fn a_climb_never_goes_back_nor_beyond(all: u32, one: u64, other: u64, lasting: u64) {
            let (early, late) = (one.min(other), one.max(other));
            prop_assert!(climbed(all, early, lasting) <= climbed(all, late, lasting));
            prop_assert!(climbed(all, late, lasting) <= all);
        }
    }
}
