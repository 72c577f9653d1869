//! `/agents/:id`: one agent beside the table, with what is known of it and what became of it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use rollcall_shared::console_api::{Agent, Transition};
use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, Cause, Status};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::feed::live::Live;
use crate::people::People;
use crate::route::Opened;
use crate::ui::age::{Age, When};
use crate::ui::dialog::Dialog;
use crate::ui::happening::{Happening, Line};
use crate::ui::icon::{Icon, Picture};
use crate::ui::mark::StatusWord;
use crate::ui::shown::{LastContact, Shown};
use crate::ui::told::{self, If};

/// How many of its transitions are shown.
const LATEST: u32 = 30;

/// The panel.
#[component]
pub(crate) fn AgentPanel(opened: Opened) -> impl IntoView {
    let live = expect_context::<Live>();
    let location = use_location();
    let close = move || {
        let search = location.search.get();
        let search = search.trim_start_matches('?');
        if search.is_empty() {
            "/agents".to_owned()
        } else {
            format!("/agents?{search}")
        }
    };
    let name = move || {
        let agent = |id| live.read(|fleet| fleet.agent(id).map(|agent| agent.name.clone()));
        opened
            .agent()
            .and_then(agent)
            .unwrap_or_else(|| "Agent".to_owned())
    };
    view! {
        <aside class="panel" aria-label=told::text(name)>
            <a class="button button--bare panel__close" href=told::text(close) aria-label="Close" title="Close (Esc)">
                <Icon of=Picture::Close />
            </a>
            {match opened.agent() {
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
    let known = Known::of(id);
    let fed = Shown::live(id);
    // What the feed shows is newer; before its snapshot, and for those that it leaves out, the API's answer does.
    let shown = Shown(Memo::new(move |_| {
        let asked = || known.told.with(|told| told.agent.as_ref().map(as_row));
        fed.0.get().or_else(asked)
    }));
    Effect::new(move |before: Option<_>| {
        let now = shown.read(|row| (row.status, row.since_ms, row.cause));
        if before != Some(now) {
            known.ask();
        }
        now
    });
    let failure = move || known.told.with(|told| told.failure.clone());
    view! {
        <If
            so=told::flag(move || shown.read(|_| ()).is_some())
            otherwise=move || match failure() {
                Some(failure) if failure.is_absent() => view! { <Absent /> }.into_any(),
                Some(failure) => view! { <p class="panel__failure" role="alert">{failure.to_string()}</p> }.into_any(),
                None => ().into_any(),
            }
        >
            <Facts id shown known />
        </If>
    }
}

/// What the API says of the agent, beyond the feed.
#[derive(Clone, Copy)]
struct Known {
    id: AgentId,
    people: People,
    told: RwSignal<Told>,
}

#[derive(Default)]
struct Told {
    agent: Option<Agent>,
    transitions: Option<Vec<Transition>>,
    /// The settings version in force.
    settings: Option<u32>,
    failure: Option<Failure>,
}

impl Known {
    fn of(id: AgentId) -> Self {
        Self {
            id,
            people: expect_context(),
            told: RwSignal::new(Told::default()),
        }
    }

    /// Asks anew.
    fn ask(self) {
        spawn_local(async move {
            let agent = api::agent(self.id).await;
            let transitions = api::transitions(Some(self.id), None, LATEST).await;
            let settings = api::settings().await;
            if let Err(failure) = &agent {
                self.people.heed(failure);
            }
            // The panel may have been closed meanwhile.
            self.told.try_update(|told| {
                match agent {
                    Ok(agent) => told.agent = Some(agent),
                    Err(failure) => told.failure = Some(failure),
                }
                told.transitions = transitions
                    .ok()
                    .map(|page| page.items)
                    .or(told.transitions.take());
                told.settings = settings.ok().map(|settings| settings.version).or(told.settings);
            });
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
fn Facts(id: AgentId, shown: Shown, known: Known) -> impl IntoView {
    let people = expect_context::<People>();
    let status = shown.status();
    let since = shown.since();
    let name = shown.text(|row| row.name.clone());
    let address = |row: &Row| {
        row.address
            .map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    };
    let platform = move || {
        known
            .told
            .with(|told| told.agent.as_ref().map(|agent| agent.platform.clone()))
    };
    let settings = move || {
        known.told.with(
            |told| match (told.agent.as_ref().map(|agent| agent.applied), told.settings) {
                (None, _) => String::new(),
                (Some(0), _) => "none applied yet".to_owned(),
                (Some(applied), Some(newest)) if applied != newest => format!("{applied} → {newest}"),
                (Some(applied), _) => applied.to_string(),
            },
        )
    };
    let transitions = move || known.told.with(|told| told.transitions.clone());
    let retiring = RwSignal::new(false);
    view! {
        <header class="panel__head">
            <h2 class="panel__name">{name}</h2>
            <p class="panel__platform">{told::text(move || platform().unwrap_or_default())}</p>
        </header>
        <section class="why" aria-label="Why it has this status">
            <p class="why__status"><StatusWord status /></p>
            <p class="why__cause">{shown.text(|row| sentence(row.cause))}</p>
            <p class="why__since">"Since " <When at_ms=since /> " · " <Age at_ms=since /></p>
        </section>
        <dl class="facts">
            <div class="fact"><dt>"Last contact"</dt><dd><LastContact shown /></dd></div>
            <div class="fact"><dt>"Address"</dt><dd class="mono">{shown.text(address)}</dd></div>
            <div class="fact"><dt>"Version"</dt><dd class="mono">{shown.text(|row| row.agent_version.clone())}</dd></div>
            <div class="fact"><dt>"Settings"</dt><dd class="mono">{told::text(settings)}</dd></div>
            <div class="fact"><dt>"Id"</dt><dd class="mono">{id.to_string()}</dd></div>
        </dl>
        <h3 class="panel__heading">"Transitions"</h3>
        <ol class="happenings" role="list" aria-label="Its transitions">
            <For
                each=move || transitions().unwrap_or_default()
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
        <If so=told::flag(move || transitions().is_some_and(|transitions| transitions.is_empty()))>
            <p class="panel__none">"None is kept."</p>
        </If>
        <If so=told::flag(move || people.may_change() && status.get() != Status::Retired)>
            <button class="button panel__retire" on:click=move |_| retiring.set(true)>"Retire…"</button>
        </If>
        <Dialog title="Retire this agent?" open=retiring>
            <Retire id name open=retiring known />
        </Dialog>
    }
}

/// Why, as a sentence of its own.
fn sentence(cause: Cause) -> String {
    let phrase = cause.phrase();
    let mut letters = phrase.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[component]
fn Retire(id: AgentId, name: Signal<String>, open: RwSignal<bool>, known: Known) -> impl IntoView {
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
            <p class="form__refusal" role="alert">{told::text(move || failure.with(|failure| failure.as_ref().map(ToString::to_string)).unwrap_or_default())}</p>
            <div class="form__acts">
                <button class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button class="button button--grave" disabled=busy on:click=retire>"Retire"</button>
            </div>
        </div>
    }
}
