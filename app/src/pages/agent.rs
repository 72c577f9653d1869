//! `/agents/:id`: one agent beside the table, with what is known of it and what became of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_params_map};
use rollcall_shared::console_api::{Agent, Transition};
use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, Cause, Status};

use crate::api::{self, Failure};
use crate::feed::live::Live;
use crate::people::People;
use crate::ui::age::{Age, When};
use crate::ui::dialog::Dialog;
use crate::ui::happening::{Happening, Line};
use crate::ui::icon::{Icon, Picture};
use crate::ui::mark::StatusWord;

/// How many of its transitions are shown.
const LATEST: u32 = 30;

/// The panel.
#[component]
pub(crate) fn AgentPanel() -> impl IntoView {
    let live = expect_context::<Live>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<AgentId>().ok())));
    let location = use_location();
    let close = move || {
        let search = location.search.get();
        let search = search.trim_start_matches('?');
        if search.is_empty() { "/agents".to_owned() } else { format!("/agents?{search}") }
    };
    let name = Memo::new(move |_| id.get().and_then(|id| live.read(|fleet| fleet.agent(id).map(|agent| agent.name.clone()))));
    view! {
        <aside class="panel" aria-label=move || name.get().unwrap_or_else(|| "Agent".to_owned())>
            <a class="button button--bare panel__close" href=close aria-label="Close" title="Close (Esc)">
                <Icon of=Picture::Close />
            </a>
            {move || match id.get() {
                Some(id) => view! { <One id /> }.into_any(),
                None => view! { <Absent /> }.into_any(),
            }}
        </aside>
    }
}

/// There is no such agent, or this person may not see it.
#[component]
fn Absent() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty__title">"No such agent"</p>
            <p class="empty__text">"None has the id in the address. It may have been mistyped."</p>
        </div>
    }
}

#[component]
fn One(id: AgentId) -> impl IntoView {
    let live = expect_context::<Live>();
    let known = Known::of(id);
    let row = Memo::new(move |_| live.read(|fleet| fleet.agent(id).cloned()));
    // What the feed shows is newer; before its snapshot, and for those that it leaves out, the API's answer does.
    let shown = Memo::new(move |_| row.get().or_else(|| known.agent.with(|agent| agent.as_ref().map(as_row))));
    let changed = Memo::new(move |_| shown.with(|row| row.as_ref().map(|row| (row.status, row.since_ms, row.cause))));
    Effect::new(move |_| {
        changed.track();
        known.ask();
    });
    let found = Memo::new(move |_| shown.with(Option::is_some));
    let failure = move || known.failure.get();
    view! {
        <Show
            when=move || found.get()
            fallback=move || match failure() {
                Some(failure) if failure.is_absent() => view! { <Absent /> }.into_any(),
                Some(failure) => view! { <p class="panel__failure" role="alert">{failure.to_string()}</p> }.into_any(),
                None => ().into_any(),
            }
        >
            <Facts id shown=Signal::derive(move || shown.get()) known />
        </Show>
    }
}

/// What the API says of the agent, beyond the feed.
#[derive(Clone, Copy)]
struct Known {
    id: AgentId,
    people: People,
    agent: RwSignal<Option<Agent>>,
    transitions: RwSignal<Vec<Transition>>,
    answered: RwSignal<bool>,
    settings: RwSignal<Option<u32>>,
    failure: RwSignal<Option<Failure>>,
}

impl Known {
    fn of(id: AgentId) -> Self {
        Self {
            id,
            people: expect_context(),
            agent: RwSignal::new(None),
            transitions: RwSignal::new(Vec::new()),
            answered: RwSignal::new(false),
            settings: RwSignal::new(None),
            failure: RwSignal::new(None),
        }
    }

    /// Asks anew. The panel may be closed before the answer comes.
    fn ask(self) {
        spawn_local(async move {
            match api::agent(self.id).await {
                Ok(agent) => drop(self.agent.try_set(Some(agent))),
                Err(failure) => {
                    self.people.heed(&failure);
                    self.failure.try_set(Some(failure));
                }
            }
        });
        spawn_local(async move {
            if let Ok(page) = api::transitions(Some(self.id), None, LATEST).await {
                self.transitions.try_set(page.items);
                self.answered.try_set(true);
            }
        });
        spawn_local(async move {
            if let Ok(settings) = api::settings().await {
                self.settings.try_set(Some(settings.version));
            }
        });
    }
}

fn as_row(agent: &Agent) -> Row {
    Row {
        row: 0,
        id: agent.id,
        name: agent.name.clone(),
        domain: agent.domain,
        status: agent.status,
        since_ms: agent.since_ms,
        cause: agent.cause,
        last_contact: agent.last_contact.map(|contact| (contact.at_ms, contact.kind)),
        address: agent.address,
        agent_version: agent.agent_version.clone(),
    }
}

#[component]
fn Facts(id: AgentId, shown: Signal<Option<Row>>, known: Known) -> impl IntoView {
    let people = expect_context::<People>();
    let told = move |tell: fn(&Row) -> String| Memo::new(move |_| shown.with(|row| row.as_ref().map(tell)).unwrap_or_default());
    let status = Memo::new(move |_| shown.with(|row| row.as_ref().map_or(Status::Pending, |row| row.status)));
    let since = Memo::new(move |_| shown.with(|row| row.as_ref().map_or(0, |row| row.since_ms)));
    let cause = Memo::new(move |_| shown.with(|row| row.as_ref().map_or(Cause::Enrolled, |row| row.cause)));
    let contact = Memo::new(move |_| shown.with(|row| row.as_ref().and_then(|row| row.last_contact)));
    let heard = Memo::new(move |_| contact.get().is_some());
    let heard_at = Memo::new(move |_| contact.get().map_or(0, |(at_ms, _)| at_ms));
    let name = told(|row| row.name.clone());
    let platform = move || known.agent.with(|agent| agent.as_ref().map(|agent| agent.platform.clone()));
    let settings = move || {
        let applied = known.agent.with(|agent| agent.as_ref().map(|agent| agent.applied));
        match (applied, known.settings.get()) {
            (None, _) => String::new(),
            (Some(0), _) => "none applied yet".to_owned(),
            (Some(applied), Some(newest)) if applied != newest => format!("{applied} → {newest}"),
            (Some(applied), _) => applied.to_string(),
        }
    };
    let retiring = RwSignal::new(false);
    view! {
        <header class="panel__head">
            <h2 class="panel__name">{name}</h2>
            <p class="panel__platform">{platform}</p>
        </header>
        <section class="why" aria-label="Why it has this status">
            <p class="why__status"><StatusWord status /></p>
            <p class="why__cause">{move || sentence(cause.get())}</p>
            <p class="why__since">"Since " {move || view! { <When at_ms=since.get() /> }} " · " <Age at_ms=since /></p>
        </section>
        <dl class="facts">
            <div class="fact">
                <dt>"Last contact"</dt>
                <dd>
                    <Show when=move || heard.get() fallback=|| "never">
                        <Age at_ms=heard_at />
                        {move || contact.get().map(|(_, kind)| format!(" · {kind}"))}
                    </Show>
                </dd>
            </div>
            <div class="fact"><dt>"Address"</dt><dd class="mono">{told(|row| row.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()))}</dd></div>
            <div class="fact"><dt>"Version"</dt><dd class="mono">{told(|row| row.agent_version.clone())}</dd></div>
            <div class="fact"><dt>"Settings"</dt><dd class="mono">{settings}</dd></div>
            <div class="fact"><dt>"Id"</dt><dd class="mono">{id.to_string()}</dd></div>
        </dl>
        <h3 class="panel__heading">"Transitions"</h3>
        <ol class="happenings" role="list" aria-label="Its transitions">
            <For
                each=move || known.transitions.get()
                key=|transition| transition.id
                children=|transition| {
                    let line = Line {
                        agent: None,
                        at_ms: transition.at_ms,
                        to: transition.to,
                        cause: transition.cause,
                    };
                    view! { <Happening line /> }
                }
            />
        </ol>
        <Show when=move || known.answered.get() && known.transitions.with(Vec::is_empty)>
            <p class="panel__none">"None is kept."</p>
        </Show>
        <Show when=move || people.may_change() && status.get() != Status::Retired>
            <button class="button panel__retire" on:click=move |_| retiring.set(true)>"Retire…"</button>
        </Show>
        <Dialog title="Retire this agent?" open=retiring>
            <Retire id name open=retiring known />
        </Dialog>
    }
}

/// Why, as a sentence of its own.
fn sentence(cause: Cause) -> String {
    let phrase = cause.phrase();
    let mut letters = phrase.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[component]
fn Retire(id: AgentId, name: Memo<String>, open: RwSignal<bool>, known: Known) -> impl IntoView {
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let retire = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = api::retire(id).await;
            busy.set(false);
            match answer {
                Ok(()) => {
                    open.set(false);
                    known.ask();
                }
                Err(reason) => {
                    known.people.heed(&reason);
                    failure.set(Some(reason));
                }
            }
        });
    };
    view! {
        <div class="dialog__body">
            <p class="form__lead">
                <strong>{name}</strong>
                " leaves the roll call for good: its credential ends, and it is told so at its next contact. Its history stays. To bring the machine back, enrol it anew."
            </p>
            <p class="form__refusal" role="alert">{move || failure.with(|failure| failure.as_ref().map(ToString::to_string))}</p>
            <div class="form__acts">
                <button class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button class="button button--grave" disabled=move || busy.get() on:click=retire>"Retire"</button>
            </div>
        </div>
    }
}
