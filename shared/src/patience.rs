//! How long each side may keep the other waiting. Both sides hold to the same figures: the server's return window
//! (rule 6) is made of the agent's.

use core::time::Duration;

/// The longest that an agent backs off, where its interval is not shorter: so that a server that is back finds
/// its fleet back within minutes.
pub const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// The longest `Retry-After` that the server says to an agent, where the settings' minute lasts one: the slot
/// horizon of rule 6.
pub const LONGEST_SLOT: Duration = Duration::from_mins(1);

/// How long an agent that lost its server may take to be heard again, once the server can hear (rule 6): its
/// longest back-off and the longest slot that it may be given. Its interval bounds its back-off.
#[must_use]
pub fn return_window(contact_every: Duration, minute: Duration) -> Duration {
    LONGEST_BACKOFF.min(contact_every) + LONGEST_SLOT.min(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_reports_often_is_back_sooner() {
        let minute = Duration::from_mins(1);
        assert_eq!(return_window(minute * 60, minute), minute * 6);
        assert_eq!(return_window(minute * 2, minute), minute * 3);
        let fast = Duration::from_secs(2);
        assert_eq!(return_window(fast, fast), fast * 2);
    }
}
