//! `/events`: every change of status, newest first, as it happens; older ones from the store.

use std::collections::HashSet;

use leptos::prelude::*;
use rollcall_shared::console_api::Transition;
use rollcall_shared::{Status, Statuses, TransitionId};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::clock;
use crate::document::bar::Bar;
use crate::feed::live::Live;
use crate::feed::mirror::{Fleet, MOST_EVENTS};
use crate::people::People;
use crate::ui::happening::{Happening, Line};
use crate::ui::mark::Mark;
use crate::ui::title;
use crate::ui::told::{self, If};

/// How many are asked for at a time, and drawn before somebody asks for more.
const PAGE: u32 = 200;

/// What tells one entry from all others.
type Key = (i64, String);

/// A heading, or a transition. What tells two apart comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Day(i64, String),
    Transition(TransitionId, Line),
}

impl Entry {
    /// Headings have their words in it: what was "Today" is drawn anew tomorrow.
    fn key(&self) -> Key {
        match self {
            Self::Day(number, heading) => (*number, heading.clone()),
            Self::Transition(id, _) => (id.as_i64(), String::new()),
        }
    }

    fn id(&self) -> Option<TransitionId> {
        match self {
            Self::Day(..) => None,
            Self::Transition(id, _) => Some(*id),
        }
    }

    fn line(&self) -> Option<&Line> {
        match self {
            Self::Day(..) => None,
            Self::Transition(_, line) => Some(line),
        }
    }
}

/// The page.
#[component]
pub(crate) fn Events() -> impl IntoView {
    let live = expect_context::<Live>();
    title::use_live_title(|| "Events".to_owned());
    let bar = expect_context::<Bar>();
    let statuses = Memo::new(move |_| Statuses::from_keys(&bar.parameter("status").unwrap_or_default()));
    let toggle = move |status: Status| {
        let keys = statuses.get_untracked().toggled(status).to_keys();
        let to = if keys.is_empty() {
            "/events".to_owned()
        } else {
            format!("/events?status={keys}")
        };
        bar.go(&to, true);
    };
    let older = Older::new();
    let entries = Memo::new(move |_| {
        let wanted = statuses.get();
        let fits = |line: &Line| fits(wanted, line.to);
        let mut entries: Vec<Entry> = live.read(|fleet| {
            let held = fleet
                .events()
                .iter()
                .map(|event| Entry::Transition(event.id, Line::of(event)));
            held.filter(|entry| entry.line().is_some_and(&fits))
                .take(older.drawn())
                .collect()
        });
        older.append(&mut entries, fits);
        by_day(entries)
    });
    let filters = Status::ALL.map(|status| {
        view! {
            <button
                class="chip"
                aria-pressed=told::text(move || statuses.get().has(status).to_string())
                on:click=move |_| toggle(status)
            >
                <Mark status />
                {status.to_string()}
            </button>
        }
    });
    view! {
        <div class="events">
            <div class="chips" role="group" aria-label="Filter by status">{filters.collect_view()}</div>
            <ol class="happenings happenings--page" role="list" aria-label="Transitions">
                <For
                    each=move || entries.get()
                    key=Entry::key
                    children=|entry| match entry {
                        Entry::Day(_, heading) => view! { <li class="day"><h2 class="day__name">{heading}</h2></li> }.into_any(),
                        Entry::Transition(_, told) => view! { <Happening line=told /> }.into_any(),
                    }
                />
            </ol>
            <If so=told::flag(move || older.is_nothing())>
                <div class="empty">
                    <p class="empty__title">"Nothing happened yet"</p>
                    <p class="empty__text">"Each change of an agent's status is written here, with its time and its cause, the moment it happens."</p>
                </div>
            </If>
            <If so=told::flag(move || older.found_none() && entries.with(Vec::is_empty))>
                <div class="empty"><p class="empty__text">"Nothing to show among the latest transitions."</p></div>
            </If>
            <p class="events__more">
                <If so=told::flag(move || older.may_be_more())>
                    <button class="button" disabled=move || older.busy.get() on:click=move |_| older.more(statuses.get_untracked())>
                        "Show older"
                    </button>
                </If>
                <span role="alert">{told::text(move || older.failure.with(|failure| failure.as_ref().map(ToString::to_string)).unwrap_or_default())}</span>
            </p>
        </div>
    }
}

/// Whether a change to that status passes the filter.
fn fits(wanted: Statuses, to: Status) -> bool {
    wanted.is_empty() || wanted.has(to)
}

/// Puts the name of its day before the first entry of each.
fn by_day(entries: Vec<Entry>) -> Vec<Entry> {
    let today = clock::local(clock::now_ms());
    let mut grouped = Vec::with_capacity(entries.len() + 8);
    let mut day = None;
    for entry in entries {
        if let Some(line) = entry.line() {
            let moment = clock::local(line.at_ms);
            if day != Some(moment.day_number) {
                day = Some(moment.day_number);
                grouped.push(Entry::Day(moment.day_number, moment.day_heading(today)));
            }
        }
        grouped.push(entry);
    }
    grouped
}

/// See [`Older::asked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At(Edge);

/// The oldest transition that the feed holds: what the store has goes on from there.
type Edge = Option<TransitionId>;

/// The transitions that the feed does not hold.
#[derive(Clone, Copy)]
struct Older {
    live: Live,
    people: People,
    /// How many of those that the feed holds are drawn, until the store was asked.
    drawn: RwSignal<usize>,
    /// Where the feed's ended when the store was asked first; nothing before that.
    asked: RwSignal<Option<At>>,
    stored: RwSignal<Vec<Transition>>,
    at_end: RwSignal<bool>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
}

impl Older {
    fn new() -> Self {
        let older = Self {
            live: expect_context(),
            people: expect_context(),
            drawn: RwSignal::new(PAGE as usize),
            asked: RwSignal::new(None),
            stored: RwSignal::new(Vec::new()),
            at_end: RwSignal::new(false),
            busy: RwSignal::new(false),
            failure: RwSignal::new(None),
        };
        Effect::new(move |_| older.keep());
        older
    }

    /// Keeps feed and store side by side without a hole. Where the feed let go of its oldest, or began anew,
    /// those from the store are given up; where it holds none at all, the store is asked at once.
    fn keep(self) {
        let edge = self.live.read(edge);
        match self.asked.get_untracked() {
            Some(At(None)) if edge.is_some() => self.asked.set(Some(At(edge))),
            Some(At(was)) if was != edge => {
                // All of the feed's stay drawn, so that the next question goes to the store again.
                self.drawn.set(MOST_EVENTS);
                self.asked.set(None);
                self.at_end.set(false);
                self.stored.set(Vec::new());
            }
            Some(_) => {}
            None => {
                if self.live.has_arrived() && edge.is_none() {
                    self.ask();
                }
            }
        }
    }

    /// How many of those that the feed holds are to be drawn: all, once older ones follow; tracked.
    fn drawn(self) -> usize {
        if self.asked.get().is_some() {
            usize::MAX
        } else {
            self.drawn.get()
        }
    }

    /// Whether nothing ever happened; tracked.
    fn is_nothing(self) -> bool {
        self.at_end.get()
            && self.stored.with(Vec::is_empty)
            && self.live.read(|fleet| fleet.events().is_empty())
    }

    /// Adds those from the store that the feed does not hold.
    fn append(self, entries: &mut Vec<Entry>, fits: impl Fn(&Line) -> bool) {
        let known: HashSet<TransitionId> = entries.iter().filter_map(Entry::id).collect();
        self.stored.with(|stored| {
            let lines = stored.iter().filter(|transition| !known.contains(&transition.id));
            entries.extend(lines.filter_map(|transition| {
                let line = Line {
                    agent: Some((transition.agent, transition.name.clone())),
                    at_ms: transition.at_ms,
                    to: transition.to,
                    cause: transition.cause,
                };
                fits(&line).then_some(Entry::Transition(transition.id, line))
            }));
        });
    }

    /// Whether something happened, and was looked through; tracked.
    fn found_none(self) -> bool {
        self.live.has_arrived() && !self.busy.get() && !self.is_nothing()
    }

    /// Whether asking may bring more; tracked.
    fn may_be_more(self) -> bool {
        self.live.has_arrived() && !self.at_end.get()
    }

    /// Draws more of what is here, or asks the store.
    fn more(self, wanted: Statuses) {
        let held = self.live.peek(|fleet| {
            let events = fleet.events().iter();
            events.filter(|event| fits(wanted, event.to)).count()
        });
        if self.asked.get_untracked().is_none() && self.drawn.get_untracked() < held {
            self.drawn.update(|drawn| *drawn += PAGE as usize);
        } else {
            self.ask();
        }
    }

    /// Asks the store for those before what is here.
    fn ask(self) {
        if self.busy.get_untracked() {
            return;
        }
        let edge = self.live.peek(edge);
        if self.asked.get_untracked().is_none() {
            self.asked.set(Some(At(edge)));
        }
        let before = self
            .stored
            .with_untracked(|stored| stored.last().map(|last| last.id))
            .or(edge);
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = api::transitions(None, before, PAGE).await;
            self.busy.set(false);
            match answer {
                // It goes on from where the feed no longer ends, or the page is gone.
                Ok(_) if self.asked.try_get_untracked().flatten().is_none() => {}
                Ok(page) => {
                    self.at_end.set(page.next.is_none() || page.items.is_empty());
                    self.stored.update(|stored| stored.extend(page.items));
                }
                Err(failure) => {
                    self.people.heed(&failure);
                    self.failure.set(Some(failure));
                }
            }
        });
    }
}

/// Where the feed's transitions end.
fn edge(fleet: &Fleet) -> Edge {
    fleet.events().back().map(|oldest| oldest.id)
}
