//! What the API says of the opened agent, beyond the feed, and when it is asked again.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use rollcall_shared::console_api::{Agent, Availability, Notification, Transition, Verified};
use rollcall_shared::why::Why;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::availability::Period;
use crate::explain;
use crate::feed::live::Live;
use crate::generation::Generations;
use crate::people::People;
use crate::ui::shown::Shown;

/// How many of its transitions are shown.
const LATEST: u32 = 30;
/// The explanation is asked for so often while nothing is news: its sentences grow old.
const EXPLAIN_EVERY_MS: i64 = 10_000;
/// How many of its notifications are shown.
const NOTIFICATIONS: u32 = 50;
/// They are asked for so often while one is on its way: that takes seconds.
const FOLLOW_EVERY_MS: i64 = 2_000;
/// And the availability so often: its figures change slowly, and cost the store a look.
const DIVIDE_EVERY_MS: i64 = 60_000;

/// What the API says of the agent.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) id: AgentId,
    pub(crate) people: People,
    pub(crate) told: RwSignal<Told>,
    /// The period of which the availability is shown.
    pub(crate) period: RwSignal<Period>,
}

/// Its answers, each the newest that came. What failed leaves what was told before.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) agent: Option<Agent>,
    pub(crate) failure: Option<Failure>,
    pub(crate) transitions: Option<Vec<Transition>>,
    pub(crate) why: Option<Why>,
    pub(crate) why_failure: Option<Failure>,
    pub(crate) verified: Option<Verified>,
    pub(crate) verify_failure: Option<Failure>,
    /// With the period that it is of.
    pub(crate) availability: Option<(Period, Availability)>,
    pub(crate) availability_failure: Option<Failure>,
    pub(crate) notifications: Option<Vec<Notification>>,
    asked: [Generations; 5],
}

impl Told {
    /// The last time that the server connected to it.
    pub(crate) fn verification(&self) -> Option<Verified> {
        let explained = self.why.as_ref().and_then(|why| why.verification);
        explain::latest(explained, self.verified)
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Request {
    Agent,
    Transitions,
    Why,
    Availability,
    Notifications,
}

impl Known {
    pub(crate) fn of(id: AgentId) -> Self {
        Self {
            id,
            people: expect_context(),
            told: RwSignal::new(Told::default()),
            period: RwSignal::new(Period::default()),
        }
    }

    /// Asks at once, and again whenever the feed tells a change of the agent, or time has passed.
    pub(crate) fn keep(self, shown: Shown) {
        let live = expect_context::<Live>();
        let status = Memo::new(move |_| shown.read(|row| (row.status, row.since_ms, row.cause)));
        // Memos are read here, not only tracked: one that nobody reads is never computed, and so never changes.
        Effect::new(move |_| {
            status.get();
            self.ask();
        });
        // From when the panel was opened: not every screen at the same instant.
        let opened_ms = live.peek_now();
        let turn = move |every_ms: i64| live.now().saturating_sub(opened_ms) / every_ms;
        let contact = move || shown.read(|row| row.last_contact).flatten();
        let explain = Memo::new(move |_| (turn(EXPLAIN_EVERY_MS), contact().map(|(at_ms, _)| at_ms)));
        Effect::new(move |before: Option<()>| {
            explain.get();
            if before.is_none() || self.is_absent() {
                return;
            }
            // A request that is under way is told all of this, or the next turn is.
            if !self.is_asking(Request::Why) {
                self.ask_why();
            }
            let since_ms = shown.0.with_untracked(|row| row.as_ref().map(|row| row.since_ms));
            if since_ms.is_some_and(|since_ms| self.awaits_transition(since_ms, live.peek_now())) {
                self.ask_transitions();
            }
        });
        // Where something is on its way, more becomes of it soon.
        let is_on_its_way = Memo::new(move |_| {
            let told = |told: &Told| {
                told.notifications
                    .as_ref()
                    .map(|all| all.iter().any(|one| !one.state.is_final()))
            };
            self.told.with(told).unwrap_or_default()
        });
        let follow = Memo::new(move |_| {
            let every_ms = if is_on_its_way.get() {
                FOLLOW_EVERY_MS
            } else {
                EXPLAIN_EVERY_MS
            };
            (turn(every_ms), contact().map(|(at_ms, _)| at_ms))
        });
        Effect::new(move |_| {
            follow.get();
            if !self.is_absent() && !self.is_asking(Request::Notifications) {
                self.ask_notifications();
            }
        });
        // Until the feed told the server's clock, there is no telling which period to ask for.
        let divide = Memo::new(move |_| {
            live.has_arrived()
                .then(|| (turn(DIVIDE_EVERY_MS), self.period.get(), status.get()))
        });
        Effect::new(move |_| {
            if let Some((_, period, _)) = divide.get()
                && !self.is_absent()
            {
                self.ask_availability(period, live.peek_now());
            }
        });
    }

    /// Asks for all that a change of status changes.
    pub(crate) fn ask(self) {
        let agent = self.begin(Request::Agent);
        spawn_local(async move {
            let answer = api::agent(self.id).await;
            self.accept(Request::Agent, agent, answer, |told, answer| match answer {
                Ok(agent) => (told.agent, told.failure) = (Some(agent), None),
                Err(failure) => told.failure = Some(failure),
            });
        });
        self.ask_transitions();
        self.ask_why();
    }

    fn ask_transitions(self) {
        let transitions = self.begin(Request::Transitions);
        spawn_local(async move {
            let answer = api::transitions(Some(self.id), None, LATEST).await;
            self.accept(Request::Transitions, transitions, answer, |told, answer| {
                if let Ok(page) = answer {
                    told.transitions = Some(page.items);
                }
            });
        });
    }

    fn ask_notifications(self) {
        let notifications = self.begin(Request::Notifications);
        spawn_local(async move {
            let answer = api::notifications(self.id, NOTIFICATIONS).await;
            self.accept(Request::Notifications, notifications, answer, |told, answer| {
                if let Ok(page) = answer {
                    told.notifications = Some(page.items);
                }
            });
        });
    }

    /// Asks why it has its status.
    pub(crate) fn ask_why(self) {
        let generation = self.begin(Request::Why);
        spawn_local(async move {
            let answer = api::why(self.id).await;
            self.accept(Request::Why, generation, answer, |told, answer| match answer {
                Ok(why) => (told.why, told.why_failure) = (Some(why), None),
                Err(failure) => told.why_failure = Some(failure),
            });
        });
    }

    fn ask_availability(self, period: Period, now_ms: i64) {
        let generation = self.begin(Request::Availability);
        spawn_local(async move {
            let answer = api::availability(self.id, now_ms - period.ms(), now_ms).await;
            self.accept(
                Request::Availability,
                generation,
                answer,
                |told, answer| match answer {
                    Ok(answer) => {
                        (told.availability, told.availability_failure) = (Some((period, answer)), None);
                    }
                    Err(failure) => told.availability_failure = Some(failure),
                },
            );
        });
    }

    /// Takes note of what a verification brought.
    pub(crate) fn verified(self, answer: Result<Option<Verified>, Failure>) {
        if let Err(failure) = &answer {
            self.people.heed(failure);
        }
        // The panel may have been closed meanwhile.
        let is_open = self.told.try_update(|told| match answer {
            Ok(verified) => (told.verified, told.verify_failure) = (verified, None),
            Err(failure) => told.verify_failure = Some(failure),
        });
        if is_open.is_some() {
            self.ask_why();
        }
    }

    fn begin(self, request: Request) -> u32 {
        // No view shows that something was asked for.
        let generation = self
            .told
            .try_update_untracked(|told| told.asked[request as usize].begin());
        generation.unwrap_or_default()
    }

    fn is_asking(self, request: Request) -> bool {
        self.told
            .with_untracked(|told| told.asked[request as usize].is_waiting())
    }

    /// Whether the change that brought its status is to be asked for again.
    fn awaits_transition(self, since_ms: i64, now_ms: i64) -> bool {
        let lacks = |told: &Told| {
            let newest = told.transitions.as_ref().map(|told| told.first());
            newest.is_some_and(|newest| explain::is_awaited(newest, since_ms, now_ms))
        };
        !self.is_asking(Request::Transitions) && self.told.with_untracked(lacks)
    }

    /// Whether it is known that there is no such agent.
    fn is_absent(self) -> bool {
        let is_absent = |told: &Told| told.failure.as_ref().is_some_and(Failure::is_absent);
        self.told.with_untracked(is_absent)
    }

    /// Has an answer taken where it is newer than what was told. The panel may have been closed meanwhile.
    fn accept<T>(
        self,
        request: Request,
        generation: u32,
        answer: Result<T, Failure>,
        take: impl FnOnce(&mut Told, Result<T, Failure>),
    ) {
        if let Err(failure) = &answer {
            self.people.heed(failure);
        }
        self.told.try_update(|told| {
            if told.asked[request as usize].accept(generation) {
                take(told, answer);
            }
        });
    }
}
