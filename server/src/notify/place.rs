//! Where a page of those who wait for a roll-out ends.

use std::fmt;
use std::str::FromStr;

use rollcall_shared::AgentId;
use rollcall_shared::console_api::NotificationState;
use serde::Deserialize;

/// Written in front of the id of one who failed.
const FAILED: &str = "failed.";

/// One who waits, in the order of pages: first those who failed, since somebody has to look there, then the others; each
/// part by ids. The next page begins after it, also where it does not wait any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    /// Whether it is one of the others: `false` comes before `true`.
    is_other: bool,
    agent: AgentId,
}

impl Place {
    /// That of an agent.
    pub(super) fn of(agent: AgentId, state: NotificationState) -> Self {
        Self {
            is_other: state != NotificationState::Failed,
            agent,
        }
    }

    /// The agent.
    pub(super) fn agent(self) -> AgentId {
        self.agent
    }

    /// Whether it is among those who failed.
    pub(super) fn is_failed(self) -> bool {
        !self.is_other
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = if self.is_other { "" } else { FAILED };
        write!(out, "{failed}{}", self.agent)
    }
}

impl FromStr for Place {
    type Err = <AgentId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let failed = text.strip_prefix(FAILED);
        Ok(Self {
            is_other: failed.is_none(),
            agent: failed.unwrap_or(text).parse()?,
        })
    }
}

impl TryFrom<String> for Place {
    type Error = <Self as FromStr>::Err;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_from_what_it_is_written_as() {
        let agent = AgentId::from_bits(77);
        for (state, text) in [
            (NotificationState::Failed, format!("failed.{agent}")),
            (NotificationState::Queued, agent.to_string()),
            (NotificationState::Delivered, agent.to_string()),
        ] {
            let place = Place::of(agent, state);
            assert_eq!(place.to_string(), text);
            assert_eq!(text.parse(), Ok(place));
        }
        for text in ["", "failed.", "failed.x", "x"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
