//! What is done at an agent's turn, and when the next one is. No I/O.

use std::time::Duration;

use rollcall_shared::Presence;
use rollcall_shared::console_api::VerificationOutcome;
use rollcall_shared::dial::Purpose;

use crate::net::case::Case;
use crate::net::lanes::Lane;

/// An agent that did not answer is tried again after this part of the interval, so that within its lease there are
/// several attempts.
const AGAIN_AFTER_PART: u32 = 3;

/// Where all places of those who are tried again are taken, they look for one again after this part of the interval:
/// their leases run out.
const IN_HASTE_PART: u32 = 20;

/// What is remembered of an agent between its turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Record {
    /// It was online and did not answer at its last turn.
    missed: bool,
    /// So often in a row it was offline and did not answer.
    absences: u32,
    /// So many turns it is left alone while it is offline.
    rests: u32,
}

/// What is done at a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nothing until the next one.
    Pass(Record),
    /// Connect to it.
    Visit(Purpose, Lane),
}

/// What is done at the turn of an agent of this record.
pub(super) fn plan(case: &Case, record: Record) -> Plan {
    if !case.may_be_verified() || !case.depends() {
        return Plan::Pass(Record::default());
    }
    // Who missed the news is told at its turn.
    let purpose = if case.knows_newest || !case.may_be_told() {
        Purpose::Verify
    } else {
        Purpose::News
    };
    if case.presence == Some(Presence::Online) {
        let lane = if record.missed { Lane::Again } else { Lane::Turn };
        return Plan::Visit(purpose, lane);
    }
    match record.rests.checked_sub(1) {
        Some(rests) => Plan::Pass(Record { rests, ..record }),
        None => Plan::Visit(purpose, Lane::Spare),
    }
}

/// What is remembered after a visit, and how long it is until the next turn, where turns come every `every` and a day
/// of the settings lasts `day`.
///
/// An agent that is offline is visited once an interval, then every second one, every fourth, at last once a day: it
/// polls once a day, so it is not lost.
pub(super) fn after(
    lane: Lane,
    record: Record,
    outcome: VerificationOutcome,
    every: Duration,
    day: Duration,
) -> (Record, Duration) {
    let soon = every / AGAIN_AFTER_PART;
    match (outcome, lane) {
        (VerificationOutcome::Verified, _) => (Record::default(), every),
        (_, Lane::Spare) => {
            let absences = record.absences.saturating_add(1);
            let turns_a_day = day.as_micros() / every.as_micros().max(1);
            let turns_a_day = u32::try_from(turns_a_day).unwrap_or(u32::MAX).max(1);
            let apart = 1_u32.checked_shl(absences - 1).unwrap_or(u32::MAX);
            let rests = apart.min(turns_a_day) - 1;
            let record = Record {
                missed: false,
                absences,
                rests,
            };
            (record, every)
        }
        // It answered: it is not one of those who hold places.
        (VerificationOutcome::MustRegister, _) => (Record::default(), soon),
        _ => {
            let record = Record {
                missed: true,
                ..Record::default()
            };
            (record, soon)
        }
    }
}

/// How long an agent whose lane is full waits until it looks for a place again.
pub(super) fn put_off(lane: Lane, every: Duration) -> Duration {
    match lane {
        Lane::Again => every / IN_HASTE_PART,
        _ => every / AGAIN_AFTER_PART,
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::{LeaseKind, Reachability};

    use super::*;

    const EVERY: Duration = Duration::from_mins(15);
    const DAY: Duration = Duration::from_hours(24);

    const MISSED: Record = Record {
        missed: true,
        absences: 0,
        rests: 0,
    };

    fn offline() -> Case {
        Case {
            presence: Some(Presence::Offline),
            ..Case::VERIFIED
        }
    }

    #[test]
    fn rule_3_who_depends_on_it_is_visited_and_told_of_what_it_does_not_know() {
        use LeaseKind::{Heartbeat, Poll, Verification};
        use Purpose::{News, Verify};
        let table = [
            // (it lives by, the newest says, it knows that, what is done)
            (Verification, Verification, true, Some(Verify)),
            (Verification, Verification, false, Some(News)),
            (Verification, Heartbeat, false, Some(News)),
            (Verification, Poll, false, Some(News)),
            (Heartbeat, Verification, false, Some(News)),
            // It hears of it with its next heartbeat.
            (Heartbeat, Heartbeat, false, None),
            (Heartbeat, Poll, false, None),
            (Heartbeat, Heartbeat, true, None),
        ];
        for (lives_by, newest, knows_newest, purpose) in table {
            let case = Case {
                knows_newest,
                lives_by,
                newest,
                ..Case::VERIFIED
            };
            let expected = match purpose {
                Some(purpose) => Plan::Visit(purpose, Lane::Turn),
                None => Plan::Pass(Record::default()),
            };
            assert_eq!(plan(&case, Record::default()), expected, "{case:?}");
        }
    }

    #[test]
    fn rule_11_who_may_not_be_connected_to_is_passed_over() {
        let passed_over = [
            Case {
                presence: None,
                ..Case::VERIFIED
            },
            Case {
                listens: false,
                ..Case::VERIFIED
            },
            Case {
                delivery: Reachability::Unreachable,
                reachability: Reachability::Unreachable,
                ..Case::VERIFIED
            },
        ];
        for case in passed_over {
            assert_eq!(plan(&case, MISSED), Plan::Pass(Record::default()), "{case:?}");
        }
    }

    #[test]
    fn who_did_not_answer_leaves_the_places_of_those_who_do() {
        let (record, wait) = after(
            Lane::Turn,
            Record::default(),
            VerificationOutcome::TimedOut,
            EVERY,
            DAY,
        );
        assert_eq!((record, wait), (MISSED, EVERY / 3));
        assert_eq!(
            plan(&Case::VERIFIED, record),
            Plan::Visit(Purpose::Verify, Lane::Again)
        );
        assert_eq!(
            plan(&offline(), record),
            Plan::Visit(Purpose::Verify, Lane::Spare)
        );
        for (outcome, wait) in [
            (VerificationOutcome::Verified, EVERY),
            (VerificationOutcome::MustRegister, EVERY / 3),
        ] {
            let after = after(Lane::Again, MISSED, outcome, EVERY, DAY);
            assert_eq!(after, (Record::default(), wait), "{outcome:?}");
        }
    }

    #[test]
    fn an_offline_agent_is_visited_ever_more_rarely_and_at_least_once_a_day() {
        let mut record = Record::default();
        let mut apart = Vec::new();
        let mut turns = 0;
        while apart.len() < 9 {
            turns += 1;
            match plan(&offline(), record) {
                Plan::Pass(next) => record = next,
                Plan::Visit(_, lane) => {
                    apart.push(turns);
                    turns = 0;
                    let (next, wait) = after(lane, record, VerificationOutcome::TimedOut, EVERY, DAY);
                    assert_eq!(wait, EVERY);
                    record = next;
                }
            }
        }
        assert_eq!(apart, [1, 1, 2, 4, 8, 16, 32, 64, 96]);
        assert_eq!(
            plan(&Case::VERIFIED, record),
            Plan::Visit(Purpose::Verify, Lane::Turn),
            "who is back is one of those who answer"
        );
        let longer = Duration::from_hours(90 * 24);
        let (next, _) = after(Lane::Spare, record, VerificationOutcome::TimedOut, longer, DAY);
        assert_eq!(next.rests, 0, "an interval of ninety days is long enough");
    }

    #[test]
    fn of_those_who_find_no_place_the_ones_in_haste_look_again_sooner() {
        assert!(put_off(Lane::Again, EVERY) < put_off(Lane::Spare, EVERY));
    }
}
