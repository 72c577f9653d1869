//! The outbox in memory: what is under way, and what of it is still to be written down. What is asked of it is next door
//! ([`questions`]).

mod questions;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rollcall_shared::console_api::{NotificationState, Subject, Way};
use rollcall_shared::{AgentId, ComponentName};
use tokio::sync::watch;

use super::campaign::Campaign;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::net::{Dialler, Untold};
use crate::roster::Roster;
use crate::settings::InForce;
use crate::store::notifications::Mark;
use crate::store::{Store, StoreError};

/// Marks in one statement: a thousand kilobytes or so.
const AT_ONCE: usize = 5_000;

/// What is under way. Clones share it.
#[derive(Clone)]
pub struct Outbox(Arc<Parts>);

struct Parts {
    clock: Clock,
    engine: Engine,
    roster: Arc<Roster>,
    settings: Arc<InForce>,
    dialler: Dialler,
    untold: Arc<Untold>,
    state: Mutex<State>,
    /// Grows whenever people would see something else.
    changed: watch::Sender<u64>,
    /// Grows whenever there is a new subject.
    begun: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// The newest of each family: that is what is under way.
    campaigns: BTreeMap<Family, Campaign>,
    /// How far notifications have got, not written down yet.
    marks: BTreeMap<(AgentId, Subject), Mark>,
}

/// Subjects of which the newer supersedes the older.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Settings,
    Component(ComponentName),
}

impl Family {
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Settings(_) => Self::Settings,
            Subject::Component(name, _) => Self::Component(name.clone()),
        }
    }
}

impl Outbox {
    /// An outbox with nothing under way.
    #[must_use]
    pub fn new(
        clock: Clock,
        engine: Engine,
        roster: Arc<Roster>,
        settings: Arc<InForce>,
        dialler: Dialler,
        untold: Arc<Untold>,
    ) -> Self {
        Self(Arc::new(Parts {
            clock,
            engine,
            roster,
            settings,
            dialler,
            untold,
            state: Mutex::default(),
            changed: watch::Sender::new(0),
            begun: watch::Sender::new(0),
        }))
    }

    /// Takes up a subject that the database has notifications of. What is under way of its family ends: it was
    /// superseded with the queueing. A subject that is under way already is left as it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take_up(&self, store: &Store, subject: &Subject) -> Result<(), StoreError> {
        let family = Family::of(subject);
        let is_known = |state: &State| {
            let newest = state.campaigns.get(&family).map(Campaign::subject);
            match (newest, subject) {
                // A later save may have been taken up meanwhile.
                (Some(Subject::Settings(known)), Subject::Settings(version)) => known >= version,
                // A component may be handed out again after another: whoever asks knows which is current.
                _ => false,
            }
        };
        if is_known(&self.0.state.lock()) {
            return Ok(());
        }
        let notifications = store.notifications();
        let standing = notifications.standing(subject).await?;
        let open = notifications.open(subject).await?;
        let mut campaign = Campaign::read(subject.clone(), &standing, open, self.0.clock.wall_ms());
        let missed: Vec<AgentId> = self.missed(&campaign);
        for agent in notifications
            .queue_also(subject, campaign.queued_at_ms(), &missed)
            .await?
        {
            campaign.queue(agent);
        }
        {
            let mut state = self.0.state.lock();
            if is_known(&state) {
                return Ok(());
            }
            state.campaigns.insert(family, campaign);
        }
        self.tell_untold();
        self.catch_up(subject);
        self.0.changed.send_modify(|count| *count += 1);
        self.0.begun.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Who was heard before a save and came into the database after it. What they have of a component only the database
    /// knows. One that registers while this looks may be among them; it reports the version within seconds.
    fn missed(&self, campaign: &Campaign) -> Vec<AgentId> {
        let Parts {
            roster,
            engine,
            settings,
            ..
        } = &*self.0;
        let heard = roster.heard().into_iter();
        heard
            .filter(|(agent, place)| {
                campaign.state_of(*agent).is_none()
                    && match campaign.subject() {
                        // Version 1 was there before anybody.
                        Subject::Settings(version) => {
                            *version > 1 && engine.applied(*place) < settings.version().min(*version)
                        }
                        Subject::Component(..) => true,
                    }
            })
            .map(|(agent, _)| agent)
            .collect()
    }

    /// Nothing of this component is under way any more.
    pub fn withdraw(&self, component: &ComponentName) {
        let family = Family::Component(component.clone());
        self.0.state.lock().campaigns.remove(&family);
        self.tell_untold();
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Who has applied it before it was taken up here is found by what the engine knows.
    fn catch_up(&self, subject: &Subject) {
        let Subject::Settings(version) = *subject else {
            return;
        };
        let open: Vec<AgentId> = self.with(subject, |campaign| {
            campaign.open_after(None).map(|(agent, _)| agent).collect()
        });
        for agent in open {
            match self.0.roster.reach(agent) {
                Some(reach) if self.0.engine.applied(reach.place) >= version => {
                    self.applied(agent, subject);
                }
                _ => {}
            }
        }
    }

    /// Who has news besides settings is asked to poll by what only knows that there is some.
    fn tell_untold(&self) {
        let state = self.0.state.lock();
        let components = state
            .campaigns
            .iter()
            .filter(|(family, _)| **family != Family::Settings);
        let agents = components.flat_map(|(_, campaign)| {
            campaign
                .open_after(None)
                .filter(|(_, open)| open.is_queued())
                .map(|(agent, _)| agent)
        });
        self.0.untold.replace(agents);
    }

    fn with<T: Default>(&self, subject: &Subject, look: impl FnOnce(&mut Campaign) -> T) -> T {
        let mut state = self.0.state.lock();
        match state.campaigns.get_mut(&Family::of(subject)) {
            Some(campaign) if campaign.subject() == subject => look(campaign),
            _ => T::default(),
        }
    }

    /// Notes what became of one notification.
    fn note(&self, subject: &Subject, change: impl FnOnce(&mut Campaign) -> Option<Mark>) {
        let mut state = self.0.state.lock();
        let mark = match state.campaigns.get_mut(&Family::of(subject)) {
            Some(campaign) if campaign.subject() == subject => change(campaign),
            _ => None,
        };
        let Some(mark) = mark else { return };
        state.marks.insert((mark.agent, mark.subject.clone()), mark);
        drop(state);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Agents were answered that they are to poll now.
    pub fn prompted(&self, agents: &[AgentId]) {
        for campaign in self.0.state.lock().campaigns.values_mut() {
            for agent in agents {
                campaign.prompted(*agent);
            }
        }
    }

    /// Whether it is noted of an agent that it was.
    #[cfg(test)]
    pub(crate) fn is_prompted(&self, agent: AgentId) -> bool {
        let state = self.0.state.lock();
        state
            .campaigns
            .values()
            .any(|campaign| campaign.is_prompted(agent))
    }

    /// Has everybody wait who changes or asks anything, until this is dropped.
    #[cfg(test)]
    pub(crate) fn held_up(&self) -> impl Sized + '_ {
        self.0.state.lock()
    }

    /// An agent was given this, by this way unless something had made it ask.
    pub fn delivered(&self, agent: AgentId, subject: &Subject, way: Way) {
        let now_ms = self.0.clock.wall_ms();
        let told_at_ms = self.0.dialler.told_at_ms(agent);
        self.note(subject, |campaign| {
            let dialled = told_at_ms.is_some_and(|at_ms| at_ms >= campaign.queued_at_ms());
            let way = if dialled && way == Way::Poll {
                Way::Dial
            } else {
                way
            };
            campaign.delivered(agent, way, now_ms)
        });
        self.settled(agent);
    }

    /// An agent reported this as applied.
    pub fn applied(&self, agent: AgentId, subject: &Subject) {
        let now_ms = self.0.clock.wall_ms();
        self.note(subject, |campaign| campaign.applied(agent, now_ms));
        self.settled(agent);
    }

    /// An agent reported that it cannot apply this.
    pub fn failed(&self, agent: AgentId, subject: &Subject, failure: String) {
        let now_ms = self.0.clock.wall_ms();
        self.note(subject, |campaign| campaign.failed(agent, failure, now_ms));
        self.settled(agent);
    }

    /// An agent was retired: nothing waits for it.
    pub fn retired(&self, agent: AgentId) {
        let now_ms = self.0.clock.wall_ms();
        for subject in self.subjects() {
            self.note(&subject, |campaign| campaign.retired(agent, now_ms));
        }
        self.0.untold.remove(agent);
    }

    /// An agent that knows of all components need not be asked to poll for them.
    fn settled(&self, agent: AgentId) {
        if !self.0.untold.has(agent) {
            return;
        }
        let state = self.0.state.lock();
        let waits = state.campaigns.iter().any(|(family, campaign)| {
            *family != Family::Settings && campaign.state_of(agent) == Some(NotificationState::Queued)
        });
        if !waits {
            self.0.untold.remove(agent);
        }
    }

    /// Writes down how far notifications have got since the last time. What cannot be written is kept.
    ///
    /// # Errors
    /// What the database says.
    pub async fn write_down(&self, store: &Store) -> Result<(), StoreError> {
        let marks: Vec<Mark> = {
            let state = self.0.state.lock();
            state.marks.values().take(AT_ONCE).cloned().collect()
        };
        store.notifications().mark(&marks).await?;
        let mut state = self.0.state.lock();
        for mark in marks {
            let key = (mark.agent, mark.subject.clone());
            // One that got further while it was written is written again.
            if state.marks.get(&key) == Some(&mark) {
                state.marks.remove(&key);
            }
        }
        Ok(())
    }
}
