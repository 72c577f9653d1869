//! Noticing that the server lost its memory, by the check of RFC 6887 section 8.5.
//!
//! Every answer carries the age of the server's memory in seconds. Between two answers it must have grown by as
//! much time as went by here, give or take two seconds and a sixteenth of drift. Where it did not, the server was
//! restarted or restored, and what it knew of this agent may be gone.

/// The age of the server's memory, and when it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochMark {
    /// Seconds since the server's memory began.
    pub epoch_s: u32,
    /// When the answer came, in milliseconds of the agent's own clock.
    pub at_ms: u64,
}

/// Slack for whole seconds on both sides and for the time that an answer travels.
const SLACK_S: u64 = 2;

/// Clocks of two machines may differ by a sixteenth and still be believed.
const DRIFT: u64 = 16;

impl EpochMark {
    /// Whether the server's memory began anew between this mark and the `newer` one.
    #[must_use]
    pub const fn lost_before(self, newer: Self) -> bool {
        let (before, now) = (self.epoch_s as u64, newer.epoch_s as u64);
        if now + 1 < before {
            return true;
        }
        let client = newer.at_ms.saturating_sub(self.at_ms) / 1_000;
        let server = now.saturating_sub(before);
        client.saturating_add(SLACK_S) < server - server / DRIFT || server + SLACK_S < client - client / DRIFT
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn mark(epoch_s: u32, at_s: u64) -> EpochMark {
        EpochMark {
            epoch_s,
            at_ms: at_s * 1_000,
        }
    }

    #[test]
    fn the_inequalities_are_those_of_the_rfc() {
        for (epoch_s, at_s, lost, what) in [
            (1_000, 0, false, "the same second"),
            (999, 0, false, "one second back is rounding"),
            (998, 0, true, "two seconds back is not"),
            (1_600, 600, false, "both went on alike"),
            (0, 600, true, "a memory that begins now"),
            (1_002, 0, false, "two seconds of slack"),
            (1_003, 0, true, "three are too many"),
            (1_565, 600, false, "a server's clock that is a sixteenth slow"),
            (1_560, 600, true, "a server's clock that stood still for long"),
            (1_642, 600, false, "a server's clock that is a sixteenth fast"),
            (1_643, 600, true, "a server's clock that jumped ahead"),
        ] {
            assert_eq!(mark(1_000, 0).lost_before(mark(epoch_s, at_s)), lost, "{what}");
        }
    }

    proptest! {
        #[test]
        fn a_server_that_just_goes_on_has_lost_nothing(
            epoch_s in 0..=u32::MAX / 2,
            began_ms: u32,
            gone_ms in 0..=u64::from(u32::MAX / 2) * 1_000,
        ) {
            let began_ms = u64::from(began_ms);
            let later = EpochMark {
                epoch_s: epoch_s + u32::try_from(gone_ms / 1_000).unwrap(),
                at_ms: began_ms + gone_ms,
            };
            let mark = EpochMark { epoch_s, at_ms: began_ms };
            prop_assert!(!mark.lost_before(later));
        }

        #[test]
        fn no_pair_of_marks_overflows(a: u32, b: u32, c: u64, d: u64) {
            let (one, other) = (EpochMark { epoch_s: a, at_ms: c }, EpochMark { epoch_s: b, at_ms: d });
            let _ = (one.lost_before(other), other.lost_before(one));
        }
    }
}
