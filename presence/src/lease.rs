//! How long a contact keeps an agent online (rule 3).

use core::time::Duration;

use rollcall_shared::Settings;

/// How long a contact keeps an agent online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(Duration);

impl Lease {
    /// The lease of agents that send heartbeats: `offline_after`, where a minute lasts `minute`.
    #[must_use]
    pub const fn of_heartbeats(settings: &Settings, minute: Duration) -> Self {
        Self(settings.offline_after.lasting(minute))
    }

    /// How long it lasts.
    #[must_use]
    pub const fn lasts(self) -> Duration {
        self.0
    }

    /// How long it lasts, in whole seconds, as a cause tells it.
    #[must_use]
    pub fn as_secs(self) -> u32 {
        u32::try_from(self.0.as_secs()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::Minutes;

    use super::*;

    #[test]
    fn an_agent_that_sends_heartbeats_has_the_time_out_as_its_lease() {
        let settings = Settings {
            offline_after: Minutes::try_new(60).unwrap(),
            ..Settings::default()
        };
        let minute = Duration::from_mins(1);
        assert_eq!(
            Lease::of_heartbeats(&settings, minute).lasts(),
            Duration::from_hours(1)
        );
    }

    #[test]
    fn the_longest_lease_fits() {
        let settings = Settings {
            offline_after: Minutes::MAX,
            ..Settings::default()
        };
        let lease = Lease::of_heartbeats(&settings, Duration::from_mins(1));
        assert_eq!(lease.as_secs(), 129_600 * 60);
    }
}
