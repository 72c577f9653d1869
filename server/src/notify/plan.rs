//! How news reaches an agent: a pure function of what is known of it.

use rollcall_shared::console_api::{NotificationState, WaitsFor};
use rollcall_shared::{LeaseKind, Presence};

use crate::net::Case;

/// What is known of an agent and of one notification of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The agent; nothing where there is none any more.
    pub(super) case: Option<Case>,
    /// How far the notification has got.
    pub(super) state: NotificationState,
    /// What came of connecting to it since the notification was queued.
    pub(super) dialled: Dialled,
}

/// What came of connecting to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialled {
    /// It was not connected to.
    NotYet,
    /// It did not answer.
    InVain,
    /// It was told that there is news, and is about to poll.
    Told,
}

/// What the notification waits for. Connecting comes first, where the server may (rule 14: by the version that the
/// agent applied, so a range just added does not cut off who does not know it); else its next heartbeat is answered
/// *poll now*; else it learns at its own poll.
pub(super) fn waits_for(known: &Known) -> WaitsFor {
    match known.state {
        NotificationState::Queued => {}
        NotificationState::Failed => return WaitsFor::Repair,
        _ => return WaitsFor::Agent,
    }
    let Some(case) = known.case else {
        return WaitsFor::Return;
    };
    if case.presence != Some(Presence::Online) {
        WaitsFor::Return
    } else if known.dialled == Dialled::Told {
        WaitsFor::Poll
    } else if case.may_be_told() && known.dialled == Dialled::NotYet {
        WaitsFor::Dial
    } else if case.lives_by == LeaseKind::Heartbeat {
        WaitsFor::Contact
    } else {
        WaitsFor::Poll
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::Reachability;

    use super::*;

    #[test]
    fn rule_14_news_is_dialled_where_it_may_be_else_asked_for_at_a_heartbeat_else_at_a_poll() {
        use Dialled::{InVain, NotYet, Told};

        let outside = Case {
            knows_newest: false,
            ..Case::VERIFIED
        };
        let inside = Case {
            delivery: Reachability::Unreachable,
            reachability: Reachability::Unreachable,
            ..outside
        };
        let just_added = Case {
            reachability: Reachability::Unreachable,
            ..outside
        };
        let beating = |case| Case {
            lives_by: LeaseKind::Heartbeat,
            ..case
        };
        let of = |presence, case| Case { presence, ..case };
        let table = [
            (Some(outside), NotYet, WaitsFor::Dial),
            (Some(just_added), NotYet, WaitsFor::Dial),
            (Some(beating(outside)), NotYet, WaitsFor::Dial),
            (Some(beating(outside)), InVain, WaitsFor::Contact),
            (Some(beating(outside)), Told, WaitsFor::Poll),
            (Some(outside), InVain, WaitsFor::Poll),
            (Some(outside), Told, WaitsFor::Poll),
            (Some(beating(inside)), NotYet, WaitsFor::Contact),
            (
                Some(Case {
                    lives_by: LeaseKind::Poll,
                    ..inside
                }),
                NotYet,
                WaitsFor::Poll,
            ),
            (
                Some(Case {
                    listens: false,
                    ..beating(outside)
                }),
                NotYet,
                WaitsFor::Contact,
            ),
            (
                Some(of(Some(Presence::Offline), outside)),
                NotYet,
                WaitsFor::Return,
            ),
            (Some(of(None, outside)), NotYet, WaitsFor::Return),
            (None, NotYet, WaitsFor::Return),
        ];
        for (case, dialled, waits) in table {
            let known = Known {
                case,
                state: NotificationState::Queued,
                dialled,
            };
            assert_eq!(waits_for(&known), waits, "{known:?}");
        }
    }

    #[test]
    fn who_was_told_or_failed_waits_for_nothing_of_ours() {
        for (state, waits) in [
            (NotificationState::Delivered, WaitsFor::Agent),
            (NotificationState::Failed, WaitsFor::Repair),
        ] {
            let known = Known {
                case: Some(Case::VERIFIED),
                state,
                dialled: Dialled::NotYet,
            };
            assert_eq!(waits_for(&known), waits);
        }
    }
}
