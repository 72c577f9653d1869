//! For whom there is news besides settings. Whether somebody knows the newest settings is seen by the version that it
//! reports; that a component waits for it, only the outbox knows, which says so here.
//!
//! Asked at every heartbeat, so without a lock.

use rollcall_shared::AgentId;

/// Agents with open news.
#[derive(Debug, Default)]
pub struct Untold {
    agents: papaya::HashSet<AgentId>,
}

impl Untold {
    /// From now on it is these.
    pub fn replace(&self, agents: impl Iterator<Item = AgentId>) {
        let now: std::collections::HashSet<AgentId> = agents.collect();
        let held = self.agents.pin();
        held.retain(|agent| now.contains(agent));
        for agent in now {
            held.insert(agent);
        }
    }

    /// There is no more for this one.
    pub fn remove(&self, agent: AgentId) {
        self.agents.pin().remove(&agent);
    }

    /// Whether there is some for this one.
    #[must_use]
    pub fn has(&self, agent: AgentId) -> bool {
        !self.agents.is_empty() && self.agents.pin().contains(&agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_news_is_asked_until_there_is_none() {
        let untold = Untold::default();
        let [one, two] = [1, 2].map(AgentId::from_bits);
        assert!(!untold.has(one));
        untold.replace([one, two].into_iter());
        untold.remove(two);
        assert!(untold.has(one) && !untold.has(two));
        untold.replace([two].into_iter());
        assert!(!untold.has(one) && untold.has(two));
    }
}
