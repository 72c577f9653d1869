//! How a period divides into online, offline and unknown (rule 6): three numbers that add up to it.
//!
//! In blind time nobody can know, so it is neither up nor down, whatever the status was. Times are those of history:
//! milliseconds of the wall clock.

use rollcall_shared::{Presence, Status};

/// How a period divides, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// Online.
    pub online_ms: i64,
    /// Not online.
    pub offline_ms: i64,
    /// Nobody can know.
    pub unknown_ms: i64,
}

/// Divides the period from `from_ms` to `to_ms`.
///
/// `before` is the status at its begin; `changes` are those within it, oldest first; `blind` are the spans in which the
/// server could have heard nobody, in any order, overlapping or not. Times outside the period count as its ends, and
/// a change that is earlier than the one before it (a clock that was set back) as at the same time.
#[must_use]
pub fn shares(
    from_ms: i64,
    to_ms: i64,
    before: Status,
    changes: &[(i64, Status)],
    blind: &[(i64, i64)],
) -> Shares {
    let mut shares = Shares::default();
    let mut blind: alloc::vec::Vec<(i64, i64)> = blind.to_vec();
    blind.sort_unstable();
    let (mut at, mut status) = (from_ms, before);
    let ends = core::iter::once((to_ms, None));
    for (until, next) in changes.iter().map(|(at, to)| (*at, Some(*to))).chain(ends) {
        let until = until.clamp(at, to_ms.max(at));
        let unknown = overlap(at, until, &blind);
        shares.unknown_ms += unknown;
        let known = until - at - unknown;
        if status.presence() == Some(Presence::Online) {
            shares.online_ms += known;
        } else {
            shares.offline_ms += known;
        }
        at = until;
        status = next.unwrap_or(status);
    }
    shares
}

/// How much of a span is in one of these, which are sorted by their begin.
fn overlap(from: i64, to: i64, blind: &[(i64, i64)]) -> i64 {
    let (mut counted_to, mut sum) = (from, 0);
    for &(begin, end) in blind {
        let (begin, end) = (begin.max(counted_to), end.min(to));
        if end > begin {
            sum += end - begin;
            counted_to = end;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blind_time_is_neither_up_nor_down() {
        let changes = [(40, Status::Offline), (70, Status::UnreachableOnline)];
        let blind = [(60, 80), (30, 50), (45, 50)];
        let expected = Shares {
            online_ms: 30 + 20,
            offline_ms: 10,
            unknown_ms: 40,
        };
        assert_eq!(shares(0, 100, Status::Online, &changes, &blind), expected);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_negative_share() {
        let changes = [
            (60, Status::Offline),
            (20, Status::Online),
            (200, Status::Offline),
        ];
        let expected = Shares {
            online_ms: 100,
            ..Shares::default()
        };
        assert_eq!(shares(0, 100, Status::Online, &changes, &[]), expected);
    }

    proptest! {
        #[test]
        fn rule_6_the_three_shares_add_up_to_the_period(
            period in (0_i64..1_000, 0_i64..1_000),
            changes in prop::collection::vec((0_i64..2_500, 0_usize..7), 0..20),
            blind in prop::collection::vec((0_i64..2_000, 0_i64..500), 0..10),
        ) {
            let (from, to) = (period.0, period.0 + period.1);
            let changes: Vec<_> = changes.iter().map(|(at, status)| (*at, Status::ALL[*status])).collect();
            let blind: Vec<_> = blind.iter().map(|(from, lasts)| (*from, from + lasts)).collect();
            let found = shares(from, to, Status::Online, &changes, &blind);
            prop_assert_eq!(found.online_ms + found.offline_ms + found.unknown_ms, to - from);
            prop_assert!(found.online_ms >= 0 && found.offline_ms >= 0 && found.unknown_ms >= 0);
        }
    }
}
