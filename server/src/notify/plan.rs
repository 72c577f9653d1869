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
    /// Whether it was connected to since it was queued, in vain.
    pub(super) dialled_in_vain: bool,
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
    } else if case.may_be_told() && !known.dialled_in_vain {
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
            (Some(outside), false, WaitsFor::Dial),
            (Some(just_added), false, WaitsFor::Dial),
            (Some(beating(outside)), false, WaitsFor::Dial),
            (Some(beating(outside)), true, WaitsFor::Contact),
            (Some(outside), true, WaitsFor::Poll),
            (Some(beating(inside)), false, WaitsFor::Contact),
            (
                Some(Case {
                    lives_by: LeaseKind::Poll,
                    ..inside
                }),
                false,
                WaitsFor::Poll,
            ),
            (
                Some(Case {
                    listens: false,
                    ..beating(outside)
                }),
                false,
                WaitsFor::Contact,
            ),
            (
                Some(of(Some(Presence::Offline), outside)),
                false,
                WaitsFor::Return,
            ),
            (Some(of(None, outside)), false, WaitsFor::Return),
            (None, false, WaitsFor::Return),
        ];
        for (case, dialled_in_vain, waits) in table {
            let known = Known {
                case,
                state: NotificationState::Queued,
                dialled_in_vain,
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
                dialled_in_vain: false,
            };
            assert_eq!(waits_for(&known), waits);
        }
    }
}
