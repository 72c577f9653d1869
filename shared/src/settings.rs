//! What admins set for the fleet, and what may be set.
//!
//! The same code judges a document in the console, at the API and at the server's start.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::minutes::Minutes;
use crate::problem::FieldError;

/// The settings of the fleet: one document, saved whole and counted in versions.
///
/// Fields are only ever added, and unknown ones passed over: an agent of an older release lives by the settings of
/// a newer server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// Agents send heartbeat every so many minutes.
    pub heartbeat_every: Minutes,
    /// An agent is offline if there is no contact after so many minutes.
    pub offline_after: Minutes,
    /// Agents poll for updated components and settings every so many minutes.
    pub poll_every: Minutes,
}

impl Default for Settings {
    /// Heartbeat 10, offline after 60, poll 30: a dead agent is seen within the hour, at little traffic.
    fn default() -> Self {
        const fn minutes(count: i64) -> Minutes {
            match Minutes::try_new(count) {
                Ok(minutes) => minutes,
                Err(_) => Minutes::MIN,
            }
        }
        Self {
            heartbeat_every: minutes(10),
            offline_after: minutes(60),
            poll_every: minutes(30),
        }
    }
}

impl Settings {
    /// What is wrong with this document, field by field; empty where it may be saved.
    #[must_use]
    pub fn refusals(&self) -> Vec<FieldError> {
        let mut refusals = Vec::new();
        if self.offline_after <= self.heartbeat_every {
            refusals.push(FieldError::new(
                "offline_after",
                format!(
                    "An agent that is well and sends heartbeat every {} would be shown offline. \
                     {} minutes or more are recommended.",
                    self.heartbeat_every,
                    self.forgiving_time_out()
                ),
                format!("more than heartbeat_every ({})", self.heartbeat_every.get()),
                self.offline_after.get().to_string(),
            ));
        }
        refusals
    }

    /// The least time-out, in minutes, that forgives one lost heartbeat (rule 15): twice the interval and one.
    #[must_use]
    pub const fn forgiving_time_out(&self) -> u32 {
        self.heartbeat_every.get() * 2 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(heartbeat_every: i64, offline_after: i64) -> Settings {
        Settings {
            heartbeat_every: Minutes::try_new(heartbeat_every).unwrap(),
            offline_after: Minutes::try_new(offline_after).unwrap(),
            ..Settings::default()
        }
    }

    #[test]
    fn a_time_out_that_a_healthy_agent_would_miss_is_refused() {
        for (heartbeat_every, offline_after, fits) in [
            (10, 9, false),
            (10, 10, false),
            (10, 11, true),
            (129_600, 129_600, false),
        ] {
            let refusals = settings(heartbeat_every, offline_after).refusals();
            assert_eq!(refusals.is_empty(), fits, "{heartbeat_every} {offline_after}");
            assert!(refusals.iter().all(|refusal| refusal.field == "offline_after"));
        }
    }

    #[test]
    fn the_default_settings_may_be_saved() {
        assert_eq!(Settings::default().refusals(), []);
    }
}
