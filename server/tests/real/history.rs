//! Transitions as the API shows them, and what must hold of them.

use std::collections::BTreeMap;

use rollcall_shared::console_api::Transition;
use rollcall_shared::{AgentId, Presence, TransitionId};

/// All transitions, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(pub(crate) Vec<Transition>);

impl History {
    /// Of the API's order.
    pub(crate) fn of(mut newest_first: Vec<Transition>) -> Self {
        newest_first.reverse();
        Self(newest_first)
    }

    /// Those of one agent.
    pub(crate) fn of_agent(&self, agent: AgentId) -> Vec<&Transition> {
        self.0.iter().filter(|one| one.agent == agent).collect()
    }

    /// Those that made one of `agents` offline.
    pub(crate) fn offline(&self, agents: &[AgentId]) -> Vec<&Transition> {
        let offline = |one: &&Transition| one.to.presence() == Some(Presence::Offline);
        self.0
            .iter()
            .filter(|one| agents.contains(&one.agent))
            .filter(offline)
            .collect()
    }

    /// Fails where one of `agents`, who were heard all the time that the server could hear, was ever made offline; or
    /// where any agent's transitions do not follow from each other.
    pub(crate) fn nobody_falsely_offline(&self, agents: &[AgentId]) {
        assert!(!agents.is_empty(), "there must be somebody to be falsely offline");
        let falsely = self.offline(agents);
        assert!(falsely.is_empty(), "falsely offline: {falsely:#?}");
        for agent in agents {
            let own = self.of_agent(*agent);
            assert!(
                !own.is_empty(),
                "nothing is known of {agent}: the test looked in vain"
            );
        }
        self.follows();
    }

    /// Each transition begins with the status with which the agent's one before ended, and changes it.
    fn follows(&self) {
        let mut last: BTreeMap<AgentId, &Transition> = BTreeMap::new();
        for one in &self.0 {
            let before = last.insert(one.agent, one);
            assert_eq!(
                one.from,
                before.map(|before| before.to),
                "{one:#?} does not follow {before:#?}"
            );
        }
    }

    /// Fails where a transition that was shown before is not shown any more, or otherwise.
    pub(crate) fn still_has(&self, shown: &Self) {
        let now: BTreeMap<TransitionId, &Transition> = self.0.iter().map(|one| (one.id, one)).collect();
        for one in &shown.0 {
            let Some(found) = now.get(&one.id) else {
                panic!("was shown and is lost: {one:#?}");
            };
            assert_eq!(
                (found.agent, found.at_ms, found.from, found.to, found.cause),
                (one.agent, one.at_ms, one.from, one.to, one.cause),
                "was shown otherwise before"
            );
        }
    }
}
