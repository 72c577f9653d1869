//! How long a contact keeps an agent online (rule 3), and what besides it belongs to that: the kind of contact,
//! how often it comes, which version of the settings says so.

use core::time::Duration;

use rollcall_shared::patience::return_window;
use rollcall_shared::{Duties, LeaseKind, Minutes};

/// How long a contact keeps an agent online, in minutes of the settings. Small: there is one for every agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// What keeps it online.
    pub kind: LeaseKind,
    /// How long, in minutes: up to 259201.
    pub minutes: u32,
    /// How often the contact comes that does. Where several versions hold (rule 5), the longest of them.
    pub contact_every: Minutes,
    /// The version of the settings that says so.
    pub version: u32,
}

impl Lease {
    /// The lease that these duties of this version give.
    #[must_use]
    pub const fn new(duties: &Duties, version: u32) -> Self {
        Self {
            kind: duties.lease_kind,
            minutes: duties.lease_minutes,
            contact_every: duties.contact_every,
            version,
        }
    }

    /// The longer of two; the newer one where they are as long. The interval is the longer of both intervals,
    /// since an agent may live by either.
    #[must_use]
    pub fn or_longer(self, newer: Self) -> Self {
        let longer = if newer.minutes >= self.minutes {
            newer
        } else {
            self
        };
        Self {
            contact_every: self.contact_every.max(newer.contact_every),
            ..longer
        }
    }

    /// How long it lasts where a minute lasts `minute`. Exact for every allowed value.
    #[must_use]
    pub const fn lasts(&self, minute: Duration) -> Duration {
        minute.saturating_mul(self.minutes)
    }

    /// How long its agent may take to be heard again after blindness (rule 6).
    #[must_use]
    pub fn return_window(&self, minute: Duration) -> Duration {
        return_window(self.contact_every.lasting(minute), minute)
    }

    /// How long its agent may take to be heard again after a restart of the server, which forgot the contacts since
    /// its last checkpoint (rule 6).
    #[must_use]
    pub fn restart_window(&self, minute: Duration) -> Duration {
        self.contact_every.lasting(minute) + self.return_window(minute)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::{Reachability, Settings};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn an_agent_that_sends_heartbeats_has_the_time_out_as_its_lease() {
        let duties = Settings::default().duties(Reachability::Reachable);
        let lease = Lease::new(&duties, 1);
        assert_eq!(lease.lasts(MINUTE), Duration::from_hours(1));
        assert_eq!(lease.return_window(MINUTE), MINUTE * 6);
        assert_eq!(lease.restart_window(MINUTE), MINUTE * 16);
    }

    #[test]
    fn the_longest_lease_fits() {
        let settings = Settings {
            heartbeat: false,
            poll_every: Minutes::MAX,
            ..Settings::default()
        };
        let lease = Lease::new(&settings.duties(Reachability::Unreachable), 1);
        assert_eq!(lease.lasts(MINUTE), MINUTE * 259_201);
    }

    #[test]
    fn of_two_leases_the_longer_one_holds_with_the_longer_interval_of_both() {
        let lease = |minutes: u32, every: i64, version| Lease {
            kind: LeaseKind::Heartbeat,
            minutes,
            contact_every: Minutes::try_new(every).unwrap(),
            version,
        };
        assert_eq!(lease(60, 10, 1).or_longer(lease(30, 20, 2)), lease(60, 20, 1));
        assert_eq!(lease(60, 10, 1).or_longer(lease(60, 10, 2)), lease(60, 10, 2));
    }
}
