//! Availability from a list of changes, by cutting the period at everything that happens in it (rule 6).

use rollcall_presence::availability::Shares;
use rollcall_shared::{Cause, Presence, Status};

/// A transition as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) agent: usize,
    /// By the wall clock, in milliseconds.
    pub(crate) at_ms: i64,
    pub(crate) from: Status,
    pub(crate) to: Status,
    pub(crate) cause: Cause,
    /// Whether it and the one before it are one restart.
    pub(crate) folds: bool,
}

/// How a period divides.
pub(crate) fn naive_shares(
    (from, to): (i64, i64),
    before: Status,
    changes: &[(i64, Status)],
    blind: &[(i64, i64)],
) -> Shares {
    // A clock that was set back: nothing is earlier than what was before it.
    let mut latest = from;
    let mut placed = Vec::new();
    for (at, status) in changes {
        latest = latest.max(*at).min(to);
        placed.push((latest, *status));
    }
    let mut cuts: Vec<i64> = vec![from, to];
    cuts.extend(placed.iter().map(|(at, _)| *at));
    cuts.extend(blind.iter().flat_map(|(begin, end)| [*begin, *end]));
    cuts.retain(|cut| (from..=to).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    let mut shares = Shares::default();
    for piece in cuts.windows(2) {
        let &[begin, end] = piece else { continue };
        let status = placed
            .iter()
            .rev()
            .find(|(at, _)| *at <= begin)
            .map_or(before, |(_, status)| *status);
        let share = if blind.iter().any(|(from, to)| *from <= begin && end <= *to) {
            &mut shares.unknown_ms
        } else if status.presence() == Some(Presence::Online) {
            &mut shares.online_ms
        } else {
            &mut shares.offline_ms
        };
        *share += end - begin;
    }
    shares
}
