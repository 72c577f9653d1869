//! How a period divides into online, offline and unknown (rule 6): three numbers that add up to it.
//!
//! In blind time nobody can know, so it is neither up nor down, whatever the status was. Times are those of history:
//! milliseconds of the wall clock.

use alloc::vec::Vec;

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

/// What an agent was in a part of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Was {
    /// Online.
    Online,
    /// Not online.
    Offline,
    /// Nobody can know: the server was blind.
    Unknown,
    /// Now this and now that, too briefly to be told apart.
    Changing,
}

/// A part of a period in which an agent was the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From when.
    pub from_ms: i64,
    /// Until when; later than `from_ms`.
    pub to_ms: i64,
    /// What it was.
    pub was: Was,
}

/// Divides the period from `from_ms` to `to_ms`: how much of it was what.
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
    for Span { from_ms, to_ms, was } in spans(from_ms, to_ms, before, changes, blind) {
        let share = match was {
            Was::Online => &mut shares.online_ms,
            Was::Unknown => &mut shares.unknown_ms,
            Was::Offline | Was::Changing => &mut shares.offline_ms,
        };
        *share += to_ms - from_ms;
    }
    shares
}

/// The parts of the period, one after the other without a gap; neighbours differ. Given as [`shares`] is.
#[must_use]
pub fn spans(
    from_ms: i64,
    to_ms: i64,
    before: Status,
    changes: &[(i64, Status)],
    blind: &[(i64, i64)],
) -> Vec<Span> {
    let mut blind: Vec<(i64, i64)> = blind.to_vec();
    blind.sort_unstable();
    let mut blind = blind.into_iter().peekable();
    let mut spans = Vec::new();
    let (mut at, mut status) = (from_ms, before);
    let ends = core::iter::once((to_ms, None));
    for (until, next) in changes.iter().map(|(at, to)| (*at, Some(*to))).chain(ends) {
        let until = until.clamp(at, to_ms.max(at));
        let was = match status.presence() {
            Some(Presence::Online) => Was::Online,
            _ => Was::Offline,
        };
        while let Some(&(begin, end)) = blind.peek() {
            if begin >= until {
                break;
            }
            push(&mut spans, at, begin.max(at), was);
            at = at.max(begin);
            push(&mut spans, at, end.min(until), Was::Unknown);
            at = at.max(end.min(until));
            if end > until {
                break;
            }
            blind.next();
        }
        push(&mut spans, at, until, was);
        at = at.max(until);
        status = next.unwrap_or(status);
    }
    spans
}

/// The same with no more than `most` parts: those that are shorter than two of such shares of the period are joined with
/// their neighbours that are, too, into parts of such a length, in which the agent was changing. One part is the least.
#[must_use]
pub fn at_most(most: usize, spans: Vec<Span>) -> Vec<Span> {
    let (Some(first), Some(last), true) = (spans.first(), spans.last(), spans.len() > most) else {
        return spans;
    };
    // Two neighbours of the joined ones are longer than `short` together, and what is not joined is as long by itself. So
    // there are no more than two for each `short` of the period, and one.
    let shares = i64::try_from(most.saturating_sub(1) / 2)
        .unwrap_or(i64::MAX)
        .max(1);
    let period = last.to_ms - first.from_ms;
    let short = period / shares + i64::from(period % shares > 0);
    let mut joined: Vec<Span> = Vec::new();
    let mut is_open = false;
    for span in spans {
        let is_short = span.to_ms - span.from_ms < short;
        match joined.last_mut() {
            Some(open) if is_open && is_short && span.to_ms - open.from_ms <= short => {
                open.to_ms = span.to_ms;
                open.was = Was::Changing;
            }
            _ => joined.push(span),
        }
        is_open = is_short;
    }
    joined
}

/// Adds a part, where it has any length; to the one before it where that is the same.
fn push(spans: &mut Vec<Span>, from_ms: i64, to_ms: i64, was: Was) {
    if to_ms <= from_ms {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.was == was => last.to_ms = to_ms,
        _ => spans.push(Span { from_ms, to_ms, was }),
    }
}

#[cfg(test)]
mod tests {
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
            let spans = spans(from, to, Status::Online, &changes, &blind);
            prop_assert!(spans.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms && pair[0].was != pair[1].was));
            prop_assert!(spans.iter().all(|span| span.from_ms < span.to_ms));
            let ends = spans.first().zip(spans.last()).map(|(first, last)| (first.from_ms, last.to_ms));
            prop_assert_eq!(ends, (from < to).then_some((from, to)));
            let unknown: i64 = (from..to).map(|at| i64::from(blind.iter().any(|(begin, end)| (*begin..*end).contains(&at)))).sum();
            prop_assert_eq!(found.unknown_ms, unknown);
            let few = at_most(8, spans.clone());
            prop_assert!(few.len() <= 8 && few.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
            let ends = few.first().zip(few.last()).map(|(first, last)| (first.from_ms, last.to_ms));
            prop_assert_eq!(ends, (from < to).then_some((from, to)));
            prop_assert_eq!(found.online_ms + found.offline_ms + found.unknown_ms, to - from);
            prop_assert!(found.online_ms >= 0 && found.offline_ms >= 0 && found.unknown_ms >= 0);
        }
    }
}
