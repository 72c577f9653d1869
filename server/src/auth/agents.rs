//! The credentials of agents, in memory: whose secret is it, and where does the engine keep them?
//!
//! Looked up at every contact, so without a lock and without the database. Only hashes are held.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rollcall_presence::Place;
use rollcall_shared::AgentId;

use super::secret;

/// Who may speak as which agent.
#[derive(Debug, Default)]
pub struct AgentCredentials {
    known: papaya::HashMap<AgentId, Credential>,
}

#[derive(Debug)]
struct Credential {
    secret_hash: [u8; 32],
    place: Place,
    retired: AtomicBool,
    /// The settings version that the agent last reported as applied.
    applied: AtomicU32,
}

/// What is known of an agent besides, when it is taken up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Whether it was retired.
    pub retired: bool,
    /// The settings version that it last reported as applied.
    pub applied: u32,
}

/// A credential that opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No agent by that id and secret. Which of the two is wrong is not told.
    #[error("no agent by this id and secret")]
    Unknown,
    /// The agent was retired.
    #[error("this agent was retired")]
    Retired,
}

impl AgentCredentials {
    /// Takes up an agent, or its new secret.
    pub fn insert(&self, agent: AgentId, secret_hash: [u8; 32], place: Place, known: Known) {
        let (retired, applied) = (AtomicBool::new(known.retired), AtomicU32::new(known.applied));
        self.known.pin().insert(
            agent,
            Credential {
                secret_hash,
                place,
                retired,
                applied,
            },
        );
    }

    /// Ends an agent's credential for good. It is kept, so that the agent can be told.
    pub fn retire(&self, agent: AgentId) {
        if let Some(known) = self.known.pin().get(&agent) {
            known.retired.store(true, Ordering::Release);
        }
    }

    /// Notes the settings version that an agent reports as applied; gives whether it is another than before.
    #[must_use]
    pub fn note_applied(&self, agent: AgentId, applied: u32) -> bool {
        let known = self.known.pin();
        // Read before it is written: at all but a few heartbeats nothing changes, and nothing is to be stored.
        known.get(&agent).is_some_and(|known| {
            known.applied.load(Ordering::Relaxed) != applied
                && known.applied.swap(applied, Ordering::Relaxed) != applied
        })
    }

    /// Where the engine keeps the agent with this secret.
    ///
    /// # Errors
    /// Where there is none, or where it was retired.
    pub fn check(&self, agent: AgentId, secret_text: &str) -> Result<Place, Refused> {
        let hash = secret::hash_of(secret_text);
        let known = self.known.pin();
        let known = known.get(&agent).ok_or(Refused::Unknown)?;
        if !secret::same(&hash, &known.secret_hash) {
            return Err(Refused::Unknown);
        }
        if known.retired.load(Ordering::Acquire) {
            Err(Refused::Retired)
        } else {
            Ok(known.place)
        }
    }

    /// Where the engine keeps an agent, retired or not.
    #[must_use]
    pub fn place(&self, agent: AgentId) -> Option<Place> {
        self.known.pin().get(&agent).map(|known| known.place)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_presence::Slot;

    use super::*;

    #[test]
    fn an_applied_version_is_news_once() {
        let credentials = AgentCredentials::default();
        let agent = AgentId::from_bits(5);
        let place = Place {
            partition: 0,
            slot: Slot(3),
        };
        credentials.insert(agent, [0; 32], place, Known::default());
        assert!(credentials.note_applied(agent, 1));
        assert!(!credentials.note_applied(agent, 1));
        assert!(credentials.note_applied(agent, 2));
        assert!(!credentials.note_applied(AgentId::from_bits(6), 1));
    }

    #[test]
    fn only_the_right_secret_opens_and_a_retired_agent_is_told_so() {
        let credentials = AgentCredentials::default();
        let agent = AgentId::from_bits(5);
        let place = Place {
            partition: 0,
            slot: Slot(3),
        };
        credentials.insert(agent, secret::hash_of("right"), place, Known::default());
        assert_eq!(credentials.check(agent, "right"), Ok(place));
        assert_eq!(credentials.check(agent, "wrong"), Err(Refused::Unknown));
        assert_eq!(
            credentials.check(AgentId::from_bits(6), "right"),
            Err(Refused::Unknown)
        );
        credentials.retire(agent);
        assert_eq!(credentials.check(agent, "right"), Err(Refused::Retired));
        assert_eq!(
            credentials.check(agent, "wrong"),
            Err(Refused::Unknown),
            "only its owner is told"
        );
    }
}
