//! One subject on its way through the fleet: who does not have it yet, and how far it has got with the others.

use std::collections::BTreeMap;

use rollcall_shared::AgentId;
use rollcall_shared::console_api::{NotificationState, Rollout, Subject, Way};

use super::delays::Delays;
use super::place::Place;
use crate::store::notifications::{Mark, Standing};

/// A subject's notifications. Those that are applied or superseded are only counted.
#[derive(Debug, Clone)]
pub(super) struct Campaign {
    subject: Subject,
    queued_at_ms: i64,
    open: BTreeMap<AgentId, Open>,
    counts: Counts,
    delays: Delays,
}

/// How many notifications are in each state, kept as they change: a large fleet is not counted anew for each that does.
#[derive(Debug, Clone, Copy, Default)]
struct Counts([u32; 5]);

impl Counts {
    const fn of(&mut self, state: NotificationState) -> &mut u32 {
        &mut self.0[match state {
            NotificationState::Queued => 0,
            NotificationState::Delivered => 1,
            NotificationState::Applied => 2,
            NotificationState::Failed => 3,
            NotificationState::Superseded => 4,
        }]
    }

    fn moves(&mut self, from: NotificationState, to: NotificationState) {
        let left = self.of(from);
        *left = left.saturating_sub(1);
        *self.of(to) += 1;
    }
}

/// A notification that is queued, delivered or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// Which of the three.
    pub(super) state: NotificationState,
    /// Why it failed.
    pub(super) failure: Option<String>,
    delivered_at_ms: Option<i64>,
    way: Option<Way>,
    ended_at_ms: Option<i64>,
    /// It was told, with the answer to a heartbeat, that there is something to poll for.
    prompted: bool,
}

impl Campaign {
    /// As the database has it; where it has none of it, nobody is concerned, from `now_ms` on.
    pub(super) fn read(subject: Subject, standing: &Standing, open: Vec<Mark>, now_ms: i64) -> Self {
        let mut campaign = Self {
            subject,
            queued_at_ms: standing.queued_at_ms.unwrap_or(now_ms),
            open: BTreeMap::new(),
            counts: Counts::default(),
            delays: Delays::default(),
        };
        // The open ones are counted as they were read: that was later.
        for &(state, agents) in &standing.counts {
            if matches!(state, NotificationState::Applied | NotificationState::Superseded) {
                *campaign.counts.of(state) = agents;
            }
        }
        for &(seconds, agents) in &standing.delays {
            campaign.delays.add_many(seconds.saturating_mul(1_000), agents);
        }
        campaign.open = open
            .into_iter()
            .map(|mark| {
                let open = Open {
                    state: mark.state,
                    failure: mark.failure,
                    delivered_at_ms: mark.delivered_at_ms,
                    way: mark.way,
                    ended_at_ms: mark.ended_at_ms,
                    prompted: false,
                };
                (mark.agent, open)
            })
            .collect();
        for open in campaign.open.values() {
            *campaign.counts.of(open.state) += 1;
        }
        campaign
    }

    /// One more is concerned.
    pub(super) fn queue(&mut self, agent: AgentId) {
        let open = Open {
            state: NotificationState::Queued,
            failure: None,
            delivered_at_ms: None,
            way: None,
            ended_at_ms: None,
            prompted: false,
        };
        if self.open.insert(agent, open).is_none() {
            *self.counts.of(NotificationState::Queued) += 1;
        }
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(super) const fn queued_at_ms(&self) -> i64 {
        self.queued_at_ms
    }

    /// Those who do not have it, after this agent, in the order of their ids.
    pub(super) fn open_after(&self, after: Option<AgentId>) -> impl Iterator<Item = (AgentId, &Open)> {
        use std::ops::Bound;

        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.open
            .range((from, Bound::Unbounded))
            .map(|(agent, open)| (*agent, open))
    }

    /// Those who do not have it, after this place: first those who failed, then the others.
    pub(super) fn waiting_after(&self, after: Option<Place>) -> impl Iterator<Item = (AgentId, &Open)> {
        let with_failed = after.is_none_or(Place::is_failed);
        let in_failed = after.filter(|after| after.is_failed()).map(Place::agent);
        let in_others = after.filter(|after| !after.is_failed()).map(Place::agent);
        let has_failed = |open: &Open| open.state == NotificationState::Failed;
        self.open_after(in_failed)
            .filter(move |(_, open)| with_failed && has_failed(open))
            .chain(
                self.open_after(in_others)
                    .filter(move |(_, open)| !has_failed(open)),
            )
    }

    /// How far it has got with an agent; nothing where it has applied it, or is not concerned.
    pub(super) fn state_of(&self, agent: AgentId) -> Option<NotificationState> {
        self.open.get(&agent).map(|open| open.state)
    }

    /// The agent was told to poll.
    pub(super) fn prompted(&mut self, agent: AgentId) {
        if let Some(open) = self.open.get_mut(&agent) {
            open.prompted = true;
        }
    }

    /// Whether it was.
    #[cfg(test)]
    pub(super) fn is_prompted(&self, agent: AgentId) -> bool {
        self.open.get(&agent).is_some_and(|open| open.prompted)
    }

    /// The agent was given it, by this way unless it was prompted to ask. Gives what is to be written down.
    pub(super) fn delivered(&mut self, agent: AgentId, way: Way, now_ms: i64) -> Option<Mark> {
        let open = self.open.get_mut(&agent)?;
        if open.state != NotificationState::Queued {
            return None;
        }
        self.counts.moves(open.state, NotificationState::Delivered);
        open.state = NotificationState::Delivered;
        open.delivered_at_ms = Some(now_ms);
        open.way = Some(if open.prompted && way == Way::Poll {
            Way::Contact
        } else {
            way
        });
        Some(mark(&self.subject, agent, open.clone()))
    }

    /// The agent says that it has applied it.
    pub(super) fn applied(&mut self, agent: AgentId, now_ms: i64) -> Option<Mark> {
        let mut open = self.open.remove(&agent)?;
        self.counts.moves(open.state, NotificationState::Applied);
        open.state = NotificationState::Applied;
        open.ended_at_ms = Some(now_ms);
        open.failure = None;
        self.delays.add(now_ms.saturating_sub(self.queued_at_ms));
        Some(mark(&self.subject, agent, open))
    }

    /// The agent says that it cannot.
    pub(super) fn failed(&mut self, agent: AgentId, failure: String, now_ms: i64) -> Option<Mark> {
        let open = self.open.get_mut(&agent)?;
        self.counts.moves(open.state, NotificationState::Failed);
        open.state = NotificationState::Failed;
        open.ended_at_ms = Some(now_ms);
        open.failure = Some(failure);
        Some(mark(&self.subject, agent, open.clone()))
    }

    /// The agent is no more: nothing waits for it.
    pub(super) fn retired(&mut self, agent: AgentId, now_ms: i64) -> Option<Mark> {
        let mut open = self.open.remove(&agent)?;
        self.counts.moves(open.state, NotificationState::Superseded);
        open.state = NotificationState::Superseded;
        open.ended_at_ms = Some(now_ms);
        open.failure = Some("The agent was retired.".to_owned());
        Some(mark(&self.subject, agent, open))
    }

    /// What people see of it.
    pub(super) fn rollout(&self) -> Rollout {
        let Counts([queued, delivered, applied, failed, superseded]) = self.counts;
        Rollout {
            subject: self.subject.clone(),
            queued_at_ms: self.queued_at_ms,
            concerned: queued + delivered + applied + failed + superseded,
            queued,
            delivered,
            applied,
            failed,
            superseded,
            median_ms: self.delays.median_ms(),
            longest_ms: self.delays.longest_ms(),
        }
    }
}

impl Open {
    /// Whether the agent does not know yet.
    pub(super) fn is_queued(&self) -> bool {
        self.state == NotificationState::Queued
    }
}

fn mark(subject: &Subject, agent: AgentId, open: Open) -> Mark {
    Mark {
        agent,
        subject: subject.clone(),
        state: open.state,
        delivered_at_ms: open.delivered_at_ms,
        way: open.way,
        ended_at_ms: open.ended_at_ms,
        failure: open.failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: i64 = 1_000;

    fn agent(number: u64) -> AgentId {
        AgentId::from_bits(number)
    }

    fn campaign(agents: u64) -> Campaign {
        let subject = Subject::Settings(2);
        let standing = Standing {
            queued_at_ms: Some(QUEUED),
            counts: vec![(NotificationState::Queued, u32::try_from(agents).unwrap())],
            delays: Vec::new(),
        };
        let open = (1..=agents).map(|number| Mark {
            agent: agent(number),
            subject: subject.clone(),
            state: NotificationState::Queued,
            delivered_at_ms: None,
            way: None,
            ended_at_ms: None,
            failure: None,
        });
        Campaign::read(subject.clone(), &standing, open.collect(), QUEUED)
    }

    #[test]
    fn what_was_never_queued_concerns_nobody() {
        let campaign = Campaign::read(Subject::Settings(2), &Standing::default(), Vec::new(), QUEUED);
        assert_eq!(
            (campaign.rollout().concerned, campaign.queued_at_ms()),
            (0, QUEUED)
        );
    }

    #[test]
    fn who_came_later_is_concerned_once() {
        let mut campaign = campaign(1);
        campaign.queue(agent(1));
        campaign.queue(agent(2));
        assert_eq!((campaign.rollout().concerned, campaign.rollout().queued), (2, 2));
    }

    #[test]
    fn an_agent_that_applied_it_is_counted_with_its_delay_and_its_way() {
        let mut campaign = campaign(3);
        campaign.prompted(agent(1));
        let told = campaign.delivered(agent(1), Way::Poll, QUEUED + 5).unwrap();
        assert_eq!(
            (told.state, told.way),
            (NotificationState::Delivered, Some(Way::Contact))
        );
        assert_eq!(campaign.delivered(agent(1), Way::Poll, QUEUED + 6), None, "once");
        let applied = campaign.applied(agent(1), QUEUED + 7).unwrap();
        assert_eq!(applied.delivered_at_ms, Some(QUEUED + 5));
        assert_eq!(applied.ended_at_ms, Some(QUEUED + 7));
        assert_eq!(campaign.applied(agent(1), QUEUED + 8), None, "once");
        let rollout = campaign.rollout();
        assert_eq!(
            (
                rollout.concerned,
                rollout.queued,
                rollout.applied,
                rollout.median_ms
            ),
            (3, 2, 1, Some(7))
        );
    }

    #[test]
    fn being_connected_to_counts_more_than_having_been_told_at_a_heartbeat() {
        let mut campaign = campaign(1);
        campaign.prompted(agent(1));
        let told = campaign.delivered(agent(1), Way::Dial, QUEUED + 5).unwrap();
        assert_eq!(told.way, Some(Way::Dial));
    }

    #[test]
    fn a_failure_stays_until_the_agent_says_that_it_is_mended() {
        let mut campaign = campaign(1);
        let failed = campaign
            .failed(agent(1), "no space".to_owned(), QUEUED + 5)
            .unwrap();
        assert_eq!(failed.failure.as_deref(), Some("no space"));
        assert_eq!((campaign.rollout().failed, campaign.rollout().applied), (1, 0));
        let mended = campaign.applied(agent(1), QUEUED + 9).unwrap();
        assert_eq!(mended.failure, None);
        assert_eq!((campaign.rollout().failed, campaign.rollout().applied), (0, 1));
    }

    #[test]
    fn those_who_failed_are_waited_for_first_and_every_page_goes_on_where_the_one_before_ended() {
        let mut campaign = campaign(6);
        for number in [2, 5] {
            campaign.failed(agent(number), "no space".to_owned(), QUEUED);
        }
        let mut seen = Vec::new();
        let mut after = None;
        // One a page: each place is gone on from once.
        while let Some((agent, open)) = campaign.waiting_after(after).next() {
            after = Some(Place::of(agent, open.state));
            seen.push(agent);
        }
        assert_eq!(seen, [2, 5, 1, 3, 4, 6].map(agent));
        // Who ended meanwhile is gone on from all the same.
        let place = Place::of(agent(2), NotificationState::Failed);
        campaign.applied(agent(2), QUEUED);
        let rest: Vec<_> = campaign
            .waiting_after(Some(place))
            .map(|(agent, _)| agent)
            .collect();
        assert_eq!(rest, [5, 1, 3, 4, 6].map(agent));
    }

    #[test]
    fn nothing_waits_for_who_was_retired_or_is_not_concerned() {
        let mut campaign = campaign(2);
        assert!(campaign.retired(agent(1), QUEUED + 1).is_some());
        assert_eq!(campaign.applied(agent(9), QUEUED + 1), None);
        let rollout = campaign.rollout();
        assert_eq!((rollout.concerned, rollout.superseded, rollout.queued), (2, 1, 1));
        let waiting: Vec<_> = campaign.open_after(None).map(|(agent, _)| agent).collect();
        assert_eq!(waiting, [agent(2)]);
        assert_eq!(campaign.open_after(Some(agent(2))).count(), 0);
    }
}
