//! How many agents had which status, minute by minute: from the counts of now back over what changed.
//!
//! So nothing is kept for it, a restart loses nothing, and each person's domains are counted by themselves.

use std::collections::HashMap;

use rollcall_shared::Status;
use rollcall_shared::console_api::{Minute, StatusCounts};

use crate::store::transitions::MinuteChanges;

/// Milliseconds in a minute.
pub(super) const MINUTE_MS: i64 = 60_000;

/// How many minutes are told.
pub(super) const MINUTES: i64 = 60;

/// The minutes up to that of `now_ms`, the oldest first. Whoever was enrolled in one of them is not there before.
///
/// What changed a moment ago may be counted in `now` and not be stored yet, so a count that falls below nothing is told as
/// nothing.
pub(super) fn back(now_ms: i64, now: &HashMap<Status, u32>, changes: &[MinuteChanges]) -> Vec<Minute> {
    let mut counts = Status::ALL.map(|status| now.get(&status).copied().map_or(0, i64::from));
    let mut sorted = changes.to_vec();
    sorted.sort_unstable_by_key(|change| change.minute);
    let this = now_ms.div_euclid(MINUTE_MS);
    let mut minutes: Vec<Minute> = (this - MINUTES + 1..=this)
        .rev()
        .map(|minute| {
            let told = Minute {
                from_ms: minute * MINUTE_MS,
                counts: told(&counts),
            };
            // What came later than that was seen already; a clock that was set back may have left some.
            while let Some(change) = sorted.pop_if(|change| change.minute >= minute) {
                // In whatever order those of a minute are taken back, they cancel out at its begin.
                let count = i64::try_from(change.count).unwrap_or(i64::MAX);
                let became = &mut counts[change.to as usize];
                *became = became.saturating_sub(count);
                if let Some(from) = change.from {
                    let was = &mut counts[from as usize];
                    *was = was.saturating_add(count);
                }
            }
            told
        })
        .collect();
    minutes.reverse();
    minutes
}

fn told(counts: &[i64; Status::ALL.len()]) -> StatusCounts {
    let mut told = StatusCounts::default();
    for status in Status::ALL {
        let count = counts[status as usize].max(0);
        told.add(status, u32::try_from(count).unwrap_or(u32::MAX));
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: i64 = 1_900_000_000_000;
    const THIS: i64 = NOW_MS / MINUTE_MS;

    fn change(ago: i64, from: Option<Status>, to: Status, count: u64) -> MinuteChanges {
        MinuteChanges {
            minute: THIS - ago,
            from,
            to,
            count,
        }
    }

    fn now(counts: &[(Status, u32)]) -> HashMap<Status, u32> {
        counts.iter().copied().collect()
    }

    #[test]
    fn each_minute_has_what_was_at_its_end() {
        let changes = [
            change(0, Some(Status::Online), Status::Offline, 3),
            change(2, None, Status::Pending, 2),
            change(1, Some(Status::Pending), Status::Online, 2),
        ];
        let minutes = back(
            NOW_MS,
            &now(&[(Status::Online, 7), (Status::Offline, 3)]),
            &changes,
        );
        assert_eq!(minutes.len(), 60);
        assert_eq!(minutes[59].from_ms, THIS * MINUTE_MS);
        let last: Vec<_> = minutes[56..]
            .iter()
            .map(|minute| (minute.counts.pending, minute.counts.online, minute.counts.offline))
            .collect();
        assert_eq!(last, [(0, 8, 0), (2, 8, 0), (0, 10, 0), (0, 7, 3)]);
        assert_eq!(minutes[0].counts, minutes[56].counts);
    }

    #[test]
    fn what_is_not_stored_yet_makes_no_count_negative() {
        let changes = [change(0, Some(Status::Online), Status::Offline, 5)];
        let minutes = back(NOW_MS, &now(&[(Status::Offline, 2)]), &changes);
        assert_eq!((minutes[58].counts.offline, minutes[58].counts.online), (0, 5));
    }

    proptest! {
        #[test]
        fn forth_again_it_ends_where_it_began(
            steps in prop::collection::vec((0_i64..60, 0_usize..7, 0_usize..7, 1_u64..50), 0..40)
        ) {
            let changes: Vec<_> = steps
                .into_iter()
                .map(|(ago, from, to, count)| change(ago, Some(Status::ALL[from]), Status::ALL[to], count))
                .collect();
            // Enough of each that no minute runs out of any.
            let begin: HashMap<_, _> = Status::ALL.into_iter().map(|status| (status, 10_000)).collect();
            let minutes = back(NOW_MS, &begin, &changes);
            for (number, pair) in minutes.windows(2).enumerate() {
                let minute = THIS - 59 + i64::try_from(number).unwrap() + 1;
                for status in Status::ALL {
                    let of = |from: bool| -> i64 {
                        changes
                            .iter()
                            .filter(|change| change.minute == minute)
                            .filter(|change| if from { change.from == Some(status) } else { change.to == status })
                            .map(|change| i64::try_from(change.count).unwrap())
                            .sum()
                    };
                    let (before, after) = (pair[0].counts.of(status), pair[1].counts.of(status));
                    prop_assert_eq!(i64::from(before) - of(true) + of(false), i64::from(after));
                }
            }
        }
    }
}
