//! `/events`: every change of status, newest first, as it happens; older ones from the store.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use rollcall_shared::console_api::Transition;
use rollcall_shared::{AgentId, Status, TransitionId};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::clock;
use crate::feed::live::Live;
use crate::people::People;
use crate::table::view::Statuses;
use crate::ui::happening::{Happening, Line};
use crate::ui::mark::Mark;
use crate::ui::title;
use crate::ui::told::{self, If};

/// How many are asked for at a time, and drawn before somebody asks for more.
const PAGE: u32 = 200;

/// Those that are filtered for here: what the roll call is about.
const FILTERS: [Status; 6] = [
    Status::Online,
    Status::UnreachableOnline,
    Status::Offline,
    Status::UnreachableOffline,
    Status::Pending,
    Status::Retired,
];

/// A heading, or a transition. What tells two apart comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Day(i64, String),
    Live(u32, Line),
    Stored(TransitionId, Line),
}

impl Entry {
    fn key(&self) -> (u8, i64, i64) {
        match self {
            Self::Day(number, _) => (0, *number, 0),
            Self::Live(serial, line) => (1, i64::from(*serial), line.at_ms),
            Self::Stored(id, _) => (2, id.as_i64(), 0),
        }
    }

    fn line(&self) -> Option<&Line> {
        match self {
            Self::Day(..) => None,
            Self::Live(_, line) | Self::Stored(_, line) => Some(line),
        }
    }
}

/// The page.
#[component]
pub(crate) fn Events() -> impl IntoView {
    let live = expect_context::<Live>();
    title::use_live_title(|| "Events".to_owned());
    let query = use_query_map();
    let statuses = Memo::new(move |_| {
        query.with(|query| Statuses::from_keys(query.get_str("status").unwrap_or_default()))
    });
    let navigate = use_navigate();
    let toggle = move |status: Status| {
        let keys = statuses.get_untracked().toggled(status).to_keys();
        let to = if keys.is_empty() {
            "/events".to_owned()
        } else {
            format!("/events?status={keys}")
        };
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&to, options);
    };
    let older = Older::new();
    let entries = Memo::new(move |_| {
        let wanted = statuses.get();
        let fits = |line: &Line| wanted.is_empty() || wanted.has(line.to);
        let mut entries: Vec<Entry> = live.read(|fleet| {
            let entry = |event: &crate::feed::mirror::Happening| {
                let told = Line {
                    agent: Some((event.agent, fleet.at(event.place)?.name.clone())),
                    at_ms: event.at_ms,
                    to: event.to,
                    cause: event.cause,
                };
                fits(&told).then_some(Entry::Live(event.serial, told))
            };
            fleet
                .events()
                .iter()
                .filter_map(entry)
                .take(older.drawn.get())
                .collect()
        });
        older.append(&mut entries, fits);
        by_day(entries)
    });
    let filters = FILTERS.map(|status| {
        let toggle = toggle.clone();
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
                        Entry::Live(_, told) | Entry::Stored(_, told) => view! { <Happening line=told /> }.into_any(),
                    }
                />
            </ol>
            <If so=told::flag(move || live.has_arrived() && entries.with(Vec::is_empty))>
                <div class="empty">
                    <p class="empty__title">"Nothing happened yet"</p>
                    <p class="empty__text">"Each change of an agent's status is written here, with its time and its cause, the moment it happens."</p>
                </div>
            </If>
            <p class="events__more">
                <If so=told::flag(move || older.may_be_more(entries.with(Vec::len)))>
                    <button class="button" disabled=move || older.busy.get() on:click=move |_| older.ask()>
                        "Show older"
                    </button>
                </If>
                <span role="alert">{told::text(move || older.failure.with(|failure| failure.as_ref().map(ToString::to_string)).unwrap_or_default())}</span>
            </p>
        </div>
    }
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

/// The transitions that the feed does not hold.
#[derive(Clone, Copy)]
struct Older {
    live: Live,
    people: People,
    /// How many of those that the feed holds are drawn.
    drawn: RwSignal<usize>,
    stored: RwSignal<Vec<Transition>>,
    at_end: RwSignal<bool>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
}

impl Older {
    fn new() -> Self {
        Self {
            live: expect_context(),
            people: expect_context(),
            drawn: RwSignal::new(PAGE as usize),
            stored: RwSignal::new(Vec::new()),
            at_end: RwSignal::new(false),
            busy: RwSignal::new(false),
            failure: RwSignal::new(None),
        }
    }

    /// Adds those from the store. Some of the feed's carry no id, so what happened to one agent at one moment is
    /// one.
    fn append(self, entries: &mut Vec<Entry>, fits: impl Fn(&Line) -> bool) {
        let known: HashSet<(AgentId, i64)> = entries
            .iter()
            .filter_map(|entry| entry.line())
            .filter_map(|line| Some((line.agent.as_ref()?.0, line.at_ms)))
            .collect();
        self.stored.with(|stored| {
            let lines = stored
                .iter()
                .filter(|transition| !known.contains(&(transition.agent, transition.at_ms)));
            entries.extend(lines.filter_map(|transition| {
                let line = Line {
                    agent: Some((transition.agent, transition.name.clone())),
                    at_ms: transition.at_ms,
                    to: transition.to,
                    cause: transition.cause,
                };
                fits(&line).then_some(Entry::Stored(transition.id, line))
            }));
        });
    }

    /// Whether asking may bring more; tracked.
    fn may_be_more(self, shown: usize) -> bool {
        shown > 0 && !self.at_end.get()
    }

    /// Draws more of what is here, or asks the store.
    fn ask(self) {
        let (held, oldest) = self.live.peek(|fleet| {
            let oldest = fleet.events().iter().rev().find_map(|event| event.id);
            (fleet.events().len(), oldest)
        });
        if self.drawn.get_untracked() < held {
            self.drawn.update(|drawn| *drawn += PAGE as usize);
            return;
        }
        let before = self
            .stored
            .with_untracked(|stored| stored.last().map(|last| last.id))
            .or(oldest);
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = api::transitions(None, before, PAGE).await;
            self.busy.set(false);
            match answer {
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
