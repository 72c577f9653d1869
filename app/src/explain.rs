//! The words of the card that explains a status, beyond those that the server sends.
//!
//! The status comes from the feed and its explanation from the API, so for a moment one may be older than the
//! other: here it is decided what is said then.

use rollcall_shared::console_api::{Transition, Verified};
use rollcall_shared::status::{Presence, Reachability};
use rollcall_shared::why::{Deadline, DeadlineSetBy, LeaseInForce, Loopback, Membership};
use rollcall_shared::{Cause, Status};

use crate::phrase;

/// What is said of the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadlineLine {
    /// It runs.
    Runs(Deadline),
    /// It passed without a contact.
    Passed {
        /// When, by the server's wall clock.
        at_ms: i64,
    },
    /// There is none, for the agent is not online.
    Absent,
    /// There is one that was not told yet.
    Awaited,
}

impl DeadlineLine {
    /// What is said of an agent with this status, by this cause, since then. `told` is the last explanation's
    /// deadline, where there was an explanation.
    #[must_use]
    pub fn of(status: Status, cause: Cause, since_ms: i64, told: Option<Option<Deadline>>) -> Self {
        match (status.presence(), cause) {
            (Some(Presence::Online), _) => told.flatten().map_or(Self::Awaited, Self::Runs),
            (Some(Presence::Offline), Cause::Deadline { .. }) => Self::Passed { at_ms: since_ms },
            _ => Self::Absent,
        }
    }

    /// When it is or was.
    #[must_use]
    pub const fn at_ms(self) -> Option<i64> {
        match self {
            Self::Runs(Deadline { at_ms, .. }) | Self::Passed { at_ms } => Some(at_ms),
            Self::Absent | Self::Awaited => None,
        }
    }

    /// In words; they change as time goes on.
    #[must_use]
    pub fn words(self, now_ms: i64) -> String {
        match self {
            Self::Runs(deadline) if deadline.at_ms - now_ms < 1_000 => "Deadline now".to_owned(),
            Self::Runs(deadline) => format!("Deadline in {}", phrase::span(deadline.at_ms - now_ms)),
            Self::Passed { at_ms } => format!("Deadline passed {} ago", phrase::span(now_ms - at_ms)),
            Self::Absent => "No deadline runs".to_owned(),
            Self::Awaited => "Deadline not known yet".to_owned(),
        }
    }

    /// What set it, after the words; empty where nothing did.
    #[must_use]
    pub const fn set_by(self) -> &'static str {
        match self {
            Self::Runs(deadline) => match deadline.set_by {
                DeadlineSetBy::Lease => " · by its last contact",
                DeadlineSetBy::ReturnWindow => " · time to come back: the server was blind",
                DeadlineSetBy::ServerStart => " · time to come back: the server was started again",
                DeadlineSetBy::AnnouncedRestart => " · it announced a restart",
            },
            _ => "",
        }
    }
}

/// A cause, as a sentence of its own.
#[must_use]
pub fn sentence(cause: Cause) -> String {
    let phrase = cause.phrase();
    let mut letters = phrase.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().collect();
    sentence.push_str(letters.as_str());
    sentence.push('.');
    sentence
}

/// Whether the agent is in the unreachable network, and by what.
#[must_use]
pub fn network(of: &Membership) -> String {
    let mut words = match (of.reachability, of.matched) {
        (Reachability::Unreachable, Some(matched)) => {
            format!("unreachable: {} is in {}", matched.address, matched.range)
        }
        (Reachability::Unreachable, None) => "unreachable".to_owned(),
        (Reachability::Reachable, _) => "reachable: in no range".to_owned(),
    };
    if of.delivery != of.reachability {
        words.push_str("; the agent does not know it yet");
    }
    words
}

/// The addresses that the membership was judged by.
#[must_use]
pub fn addresses(of: &Membership) -> String {
    match (of.own_address, of.observed_address) {
        (None, None) => "unknown".to_owned(),
        (Some(own), Some(seen)) if own != seen => format!("{own}, seen as {seen}"),
        (Some(address), _) | (None, Some(address)) => address.to_string(),
    }
}

/// The mapping of the agent's NAT by its last loopback packet.
#[must_use]
pub fn loopback(of: Option<Loopback>) -> String {
    let Some(of) = of else {
        return "off".to_owned();
    };
    let Some(mapping) = of.mapping else {
        return "none yet".to_owned();
    };
    let overdue = if of.is_overdue { ", overdue" } else { "" };
    format!("{} port {}{overdue}", mapping.address, mapping.port)
}

/// How far the machine's clock is off; it decides nothing.
#[must_use]
pub fn clock(ahead_ms: Option<i64>) -> String {
    /// Less than this is the way of the message.
    const WORTH_TELLING_MS: i64 = 2_000;
    match ahead_ms {
        None => "—".to_owned(),
        Some(ahead) if ahead.abs() < WORTH_TELLING_MS => "as the server's".to_owned(),
        Some(ahead) => {
            let seconds = ahead.unsigned_abs() / 1_000;
            let side = if ahead > 0 { "ahead" } else { "behind" };
            format!("{seconds} s {side}")
        }
    }
}

/// The settings version that the agent applied, and the newest where it is another. `applied` is what is known
/// of those that have no lease.
#[must_use]
pub fn settings(lease: Option<LeaseInForce>, applied: Option<u32>) -> String {
    let applied = lease.map(|lease| lease.applied).or(applied);
    match (applied, lease) {
        (None, _) => String::new(),
        (Some(0), _) => "none applied yet".to_owned(),
        (Some(applied), Some(lease)) if lease.newest != applied => format!("{applied} → {}", lease.newest),
        (Some(applied), _) => applied.to_string(),
    }
}

/// Whether the status came after the newest of the transitions that were told: the feed tells a change at once, and
/// the store has it a moment later.
#[must_use]
pub fn is_before(newest: Option<&Transition>, since_ms: i64) -> bool {
    newest.is_none_or(|newest| newest.at_ms < since_ms)
}

/// Whether the transitions are worth asking for again: the newest is not among them, and may be by now. Where none
/// is told long after the last change, none is kept.
#[must_use]
pub fn is_awaited(newest: Option<&Transition>, since_ms: i64, now_ms: i64) -> bool {
    /// Far longer than the store takes.
    const STORED_MS: i64 = 60_000;
    is_before(newest, since_ms) && (newest.is_some() || now_ms - since_ms < STORED_MS)
}

/// The later of two verifications.
#[must_use]
pub fn latest(one: Option<Verified>, other: Option<Verified>) -> Option<Verified> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.at_ms >= other.at_ms { one } else { other }),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::VerificationOutcome;
    use rollcall_shared::settings::LeaseKind;
    use rollcall_shared::why::{Mapping, Match};
    use rollcall_shared::{AgentId, TransitionId};

    use super::*;

    const NOW: i64 = 1_795_269_751_000;
    const SILENT: Cause = Cause::Deadline { after_s: 3_600 };

    fn deadline(in_ms: i64) -> Deadline {
        Deadline {
            at_ms: NOW + in_ms,
            set_by: DeadlineSetBy::Lease,
        }
    }

    #[test]
    fn the_deadline_is_counted_down_and_then_told_as_passed() {
        for (in_ms, words) in [
            (41 * 60_000 + 5, "Deadline in 41 min"),
            (59_000, "Deadline in 59 s"),
            (1_000, "Deadline in 1 s"),
            (999, "Deadline now"),
            (-40_000, "Deadline now"),
        ] {
            let told = Some(Some(deadline(in_ms)));
            let line = DeadlineLine::of(Status::Online, Cause::Enrolled, NOW, told);
            assert_eq!(line.words(NOW), words);
            assert_eq!(line.at_ms(), Some(NOW + in_ms));
        }
        let passed = DeadlineLine::of(Status::UnreachableOffline, SILENT, NOW - 120_000, None);
        assert_eq!(passed.words(NOW), "Deadline passed 2 min ago");
    }

    #[test]
    fn an_explanation_older_than_the_status_says_no_wrong_deadline() {
        let was_online = Some(Some(deadline(1_000)));
        for (status, cause, told, line) in [
            (
                Status::Offline,
                SILENT,
                was_online,
                DeadlineLine::Passed { at_ms: NOW },
            ),
            (Status::Retired, Cause::Retired, was_online, DeadlineLine::Absent),
            (
                Status::Online,
                Cause::Restarted,
                Some(None),
                DeadlineLine::Awaited,
            ),
            (Status::Online, Cause::Restarted, None, DeadlineLine::Awaited),
            (Status::Pending, Cause::Enrolled, Some(None), DeadlineLine::Absent),
            (
                Status::Inactive,
                Cause::Inactive { after_days: 30 },
                None,
                DeadlineLine::Absent,
            ),
        ] {
            assert_eq!(DeadlineLine::of(status, cause, NOW, told), line, "{status:?}");
        }
    }

    #[test]
    fn every_cause_is_a_sentence() {
        for (cause, expected) in [
            (SILENT, "No contact for 60 min."),
            (Cause::Settings { version: 7 }, "By version 7 of the settings."),
            (Cause::Address, "Its address changed."),
            (Cause::Inactive { after_days: 30 }, "Offline for 30 days."),
        ] {
            assert_eq!(sentence(cause), expected);
        }
    }

    #[test]
    fn the_network_names_the_range_that_matched_and_what_the_agent_does_not_know_yet() {
        let matched = Match {
            address: "10.12.0.20".parse().unwrap(),
            range: "10.12.0.0/16".parse().unwrap(),
        };
        let mut of = Membership {
            reachability: Reachability::Unreachable,
            delivery: Reachability::Unreachable,
            matched: Some(matched),
            own_address: Some(matched.address),
            observed_address: Some("203.0.113.7".parse().unwrap()),
        };
        assert_eq!(network(&of), "unreachable: 10.12.0.20 is in 10.12.0.0/16");
        assert_eq!(addresses(&of), "10.12.0.20, seen as 203.0.113.7");
        of.delivery = Reachability::Reachable;
        assert!(network(&of).ends_with("is in 10.12.0.0/16; the agent does not know it yet"));
        of = Membership {
            reachability: Reachability::Reachable,
            matched: None,
            observed_address: of.own_address,
            ..of
        };
        assert_eq!(network(&of), "reachable: in no range");
        assert_eq!(addresses(&of), "10.12.0.20");
    }

    #[test]
    fn a_mapping_is_told_and_that_its_next_packet_is_overdue() {
        let mut of = Loopback {
            mapping: None,
            every_ms: Some(25_000),
            is_overdue: false,
        };
        assert_eq!(loopback(None), "off");
        assert_eq!(loopback(Some(of)), "none yet");
        of.mapping = Some(Mapping {
            address: "203.0.113.7".parse().unwrap(),
            port: 40_001,
            since_ms: 0,
        });
        assert_eq!(loopback(Some(of)), "203.0.113.7 port 40001");
        of.is_overdue = true;
        assert_eq!(loopback(Some(of)), "203.0.113.7 port 40001, overdue");
    }

    #[test]
    fn settings_name_the_newest_only_where_it_is_not_applied() {
        let lease = |applied, newest| {
            Some(LeaseInForce {
                kind: LeaseKind::Heartbeat,
                lasts_s: 3_600,
                version: newest,
                applied,
                newest,
            })
        };
        assert_eq!(settings(lease(41, 41), None), "41");
        assert_eq!(settings(lease(40, 41), Some(39)), "40 → 41");
        assert_eq!(settings(lease(0, 41), None), "none applied yet");
        assert_eq!(settings(None, Some(40)), "40");
        assert_eq!(settings(None, None), "");
    }

    #[test]
    fn the_later_verification_is_shown() {
        let at = |at_ms| {
            Some(Verified {
                agent: AgentId::from_bits(1),
                at_ms,
                outcome: VerificationOutcome::TimedOut,
            })
        };
        assert_eq!(latest(at(1), at(2)), at(2));
        assert_eq!(latest(at(2), at(1)), at(2));
        assert_eq!(latest(None, at(1)), at(1));
        assert_eq!(latest(None, None), None);
    }
    #[test]
    fn a_change_that_the_store_has_not_yet_is_awaited() {
        let at = |at_ms| Transition {
            id: TransitionId::from_bits(1),
            agent: AgentId::from_bits(1),
            name: String::new(),
            at_ms,
            from: None,
            to: Status::Online,
            cause: Cause::Enrolled,
        };
        let (old, same) = (at(NOW - 1), at(NOW));
        for (newest, now_ms, before, awaited) in [
            (Some(&old), NOW + 600_000, true, true),
            (Some(&same), NOW, false, false),
            (None, NOW + 1_000, true, true),
            (None, NOW + 600_000, true, false),
        ] {
            assert_eq!(is_before(newest, NOW), before, "{newest:?}");
            assert_eq!(is_awaited(newest, NOW, now_ms), awaited, "{newest:?}");
        }
    }
}
