//! What the feed shows of the agents, held against what they were promised.

use rollcall_shared::{AgentId, Presence, Status};

use super::Fleet;
use super::agent::Agent;
use crate::promise::Judgement;

impl Fleet {
    /// The feed shows an agent for the first time, or again after a gap.
    pub(crate) fn shown_first(&mut self, id: AgentId, status: Status) {
        if let Some(number) = self.numbers.get(&id).copied() {
            self.change(number, |agent| agent.shown = Some(status));
        }
    }

    /// The feed shows that an agent's status changed, at `seen_us`.
    pub(crate) fn shown(&mut self, id: AgentId, status: Status, seen_us: u64) {
        // Others than these agents are on the feed as well.
        let Some(number) = self.numbers.get(&id).copied() else {
            return;
        };
        let was = self.agent(number).shown.and_then(Status::presence);
        self.change(number, |agent| agent.shown = Some(status));
        match (status.presence(), was) {
            (Some(Presence::Online), Some(Presence::Online)) | (None, _) => {}
            (Some(Presence::Online), _) => {
                let agent = self.agent(number);
                agent.excused = agent.silent;
                let came_us = agent.came_us.take();
                agent.early_us = came_us.is_none().then_some(seen_us);
                self.tally.transitions.online += 1;
                if let Some(came_us) = came_us {
                    self.tally
                        .transitions
                        .return_shown
                        .add(seen_us.saturating_sub(came_us));
                }
            }
            (Some(Presence::Offline), Some(Presence::Offline)) => self.tally.transitions.twice += 1,
            (Some(Presence::Offline), _) => self.went_offline(number, seen_us),
        }
    }

    fn went_offline(&mut self, number: u32, seen_us: u64) {
        let agent = self.agent(number);
        let (judgement, excused) = (agent.promise.offline(seen_us), agent.excused);
        let transitions = &mut self.tally.transitions;
        match judgement {
            Judgement::False => transitions.falsely += 1,
            Judgement::Late(late_us) if excused => {
                transitions.offline += 1;
                transitions.detection.add(late_us);
            }
            Judgement::Late(_) => transitions.unwanted += 1,
            // It was online from an earlier run, and has not begun in this one.
            Judgement::Unknown => {}
        }
    }

    /// Changes an agent and keeps the counts.
    pub(super) fn change(&mut self, number: u32, change: impl FnOnce(&mut Agent)) {
        let agent = &mut self.agents[number as usize];
        let count = |agent: &Agent| {
            let online = agent.is_shown(Presence::Online);
            (u32::from(online), u32::from(online && agent.silent))
        };
        let before = count(agent);
        change(agent);
        let after = count(agent);
        self.shown_online = self.shown_online + after.0 - before.0;
        self.silent_online = self.silent_online + after.1 - before.1;
    }
}
