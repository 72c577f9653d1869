//! What is asked of the outbox: how far news has got, who waits and for what, who is to be told next. Nothing here changes
//! what is under way.

use rollcall_shared::AgentId;
use rollcall_shared::console_api::{Notification, Rollout, Subject, VerificationOutcome, Waiting};
use tokio::sync::watch;

use super::{Outbox, Parts};
use crate::net::Case;
use crate::notify::campaign::{Campaign, Open};
use crate::notify::place::Place;
use crate::notify::plan::{Dialled, Known, waits_for};
use crate::scope::Scope;

/// A page of those who wait, and where the next begins.
pub struct WaitingPage {
    /// The agents.
    pub items: Vec<Waiting>,
    /// After whom the next page begins; nothing on the last.
    pub next: Option<Place>,
}

impl Outbox {
    /// What is under way.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let state = self.0.state.lock();
        state
            .campaigns
            .values()
            .map(|campaign| campaign.subject().clone())
            .collect()
    }

    /// How far all that is under way has got: the settings, then the components by name.
    #[must_use]
    pub fn rollouts(&self) -> Vec<Rollout> {
        self.0
            .state
            .lock()
            .campaigns
            .values()
            .map(Campaign::rollout)
            .collect()
    }

    /// How far this has got, where it is under way.
    #[must_use]
    pub fn rollout(&self, subject: &Subject) -> Option<Rollout> {
        self.with(subject, |campaign| Some(campaign.rollout()))
    }

    /// Tells of every change that people would see.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Tells of every subject that is taken up.
    #[must_use]
    pub fn follow_new(&self) -> watch::Receiver<u64> {
        self.0.begun.subscribe()
    }

    /// Those of this scope who have not applied it, after this place: first those who failed.
    #[must_use]
    pub fn waiting(
        &self,
        scope: &Scope,
        subject: &Subject,
        after: Option<Place>,
        limit: usize,
    ) -> WaitingPage {
        let (queued_at_ms, open) = self.with(subject, |campaign| {
            let open: Vec<(AgentId, Open)> = campaign
                .waiting_after(after)
                .filter(|(agent, _)| self.0.roster.get(scope, *agent).is_some())
                .take(limit + 1)
                .map(|(agent, open)| (agent, open.clone()))
                .collect();
            (campaign.queued_at_ms(), open)
        });
        let more = open.len() > limit;
        let items: Vec<Waiting> = open
            .into_iter()
            .take(limit)
            .filter_map(|(agent, open)| {
                let (_, shown) = self.0.roster.get(scope, agent)?;
                Some(Waiting {
                    agent,
                    name: shown.name,
                    status: shown.status,
                    state: open.state,
                    waits_for: waits_for(&self.known(agent, &open, queued_at_ms)),
                    failure: open.failure,
                })
            })
            .collect();
        let next = items
            .last()
            .filter(|_| more)
            .map(|waiting| Place::of(waiting.agent, waiting.state));
        WaitingPage { items, next }
    }

    /// Who is to be told of a subject, after this agent and in the order of their ids, with what is known of them.
    pub(in crate::notify) fn queued_after(
        &self,
        subject: &Subject,
        after: Option<AgentId>,
        limit: usize,
    ) -> Vec<(AgentId, Known)> {
        let (queued_at_ms, open) = self.with(subject, |campaign| {
            let open: Vec<(AgentId, Open)> = campaign
                .open_after(after)
                .filter(|(_, open)| open.is_queued())
                .take(limit)
                .map(|(agent, open)| (agent, open.clone()))
                .collect();
            (campaign.queued_at_ms(), open)
        });
        open.into_iter()
            .map(|(agent, open)| (agent, self.known(agent, &open, queued_at_ms)))
            .collect()
    }

    fn known(&self, agent: AgentId, open: &Open, queued_at_ms: i64) -> Known {
        let Parts {
            engine,
            roster,
            settings,
            dialler,
            untold,
            ..
        } = &*self.0;
        let told = dialler
            .told_at_ms(agent)
            .is_some_and(|at_ms| at_ms > queued_at_ms);
        let in_vain = dialler
            .last(agent)
            .is_some_and(|last| last.at_ms >= queued_at_ms && last.outcome != VerificationOutcome::Verified);
        Known {
            case: Case::of(agent, engine, roster, settings, untold),
            state: open.state,
            dialled: match (told, in_vain) {
                (true, _) => Dialled::Told,
                (false, true) => Dialled::InVain,
                (false, false) => Dialled::NotYet,
            },
        }
    }

    /// A notification as the database has it, with what happened since.
    #[must_use]
    pub fn brought_up_to_date(&self, agent: AgentId, mut notification: Notification) -> Notification {
        let key = (agent, notification.subject.clone());
        if let Some(mark) = self.0.state.lock().marks.get(&key) {
            notification.state = mark.state;
            notification.delivered_at_ms = mark.delivered_at_ms;
            notification.way = mark.way;
            notification.ended_at_ms = mark.ended_at_ms;
            notification.failure.clone_from(&mark.failure);
        }
        notification
    }
}
