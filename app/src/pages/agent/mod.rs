//! `/agents/:id`: one agent beside the table, with what is known of it and what became of it.

use leptos::prelude::*;
use rollcall_shared::console_api::{Agent, Transition};
use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, Status, TransitionId};

mod divided;
mod known;
mod news;
mod verify;
mod why;

pub(crate) use divided::Divided;
pub(crate) use known::Known;
pub(crate) use news::News;
use verify::VerifyNow;
pub(crate) use why::WhyCard;

use crate::bulk::Act;
use crate::document::bar::Bar;
use crate::explain;
use crate::feed::live::Live;
use crate::people::People;
use crate::route::Opened;
use crate::ui::doing::{Deed, Doing};
use crate::ui::happening::{Happening, Line};
use crate::ui::icon::{Icon, Picture};
use crate::ui::shown::{LastContact, Shown};
use crate::ui::told::{self, If};

/// The panel.
#[component]
pub(crate) fn AgentPanel(opened: Opened) -> impl IntoView {
    let live = expect_context::<Live>();
    let bar = expect_context::<Bar>();
    let close = move || {
        let mut to = "/agents".to_owned();
        to.push_str(&bar.search());
        to
    };
    let name = move || {
        let agent = |id| live.read(|fleet| fleet.agent(id).map(|agent| agent.name.clone()));
        opened
            .agent()
            .and_then(agent)
            .unwrap_or_else(|| "Agent".to_owned())
    };
    view! {
        // Who opens the panel is taken into it: see the page.
        <aside class="panel" id="panel" tabindex="-1" aria-label=told::text(name)>
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
pub(crate) fn Absent() -> impl IntoView {
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
    known.keep(shown);
    let failure = move || known.told.with(|told| told.failure.clone());
    view! {
        <If
            so=told::flag(move || shown.read(|_| ()).is_some())
            otherwise=move || match failure() {
                Some(failure) if failure.is_absent() => view! { <Absent /> }.into_any(),
                Some(failure) => view! { <p class="panel__failure" role="alert">{failure.to_string()}</p> }.into_any(),
                None => view! { <p class="panel__waiting">"Looking for it…"</p> }.into_any(),
            }
        >
            <Facts id shown known />
        </If>
    }
}

/// As the feed would have it.
pub(crate) fn as_row(agent: &Agent) -> Row {
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
        retired_by: agent.retired_by.clone(),
    }
}

/// Its transitions as lines, the newest first. The one that the feed told and the store has not yet is among them,
/// without an id.
fn happened(told: &[Transition], newest: Option<Line>) -> Vec<(Option<TransitionId>, Line)> {
    let newest = newest.filter(|newest| explain::is_before(told.first(), newest.at_ms));
    let stored = told.iter().map(|told| {
        let line = Line {
            agent: None,
            at_ms: told.at_ms,
            to: told.to,
            cause: told.cause,
        };
        (Some(told.id), line)
    });
    newest
        .map(|newest| (None, newest))
        .into_iter()
        .chain(stored)
        .collect()
}

#[component]
fn Facts(id: AgentId, shown: Shown, known: Known) -> impl IntoView {
    let people = expect_context::<People>();
    let status = shown.status();
    let may_act = told::flag(move || people.may_change() && status.get() != Status::Retired);
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
    let happened = Memo::new(move |_| {
        let newest = shown.read(|row| Line {
            agent: None,
            at_ms: row.since_ms,
            to: row.status,
            cause: row.cause,
        });
        known
            .told
            .with(|told| Some(happened(told.transitions.as_ref()?, newest)))
    });
    let live = expect_context::<Live>();
    let domain = told::text(move || {
        let path = shown.read(|row| live.read(|fleet| fleet.tree().path(row.domain)));
        path.unwrap_or_default()
    });
    let retired_by = shown.text(|row| row.retired_by.clone().unwrap_or_default());
    let deed = Deed::new();
    view! {
        <header class="panel__head">
            <h2 class="panel__name">{name}</h2>
            <If so=may_act>
                <VerifyNow known />
            </If>
            <p class="panel__platform">{told::text(move || platform().unwrap_or_default())}</p>
        </header>
        <WhyCard shown known />
        <dl class="facts">
            <div class="fact" hidden=told::flag(move || retired_by.with(String::is_empty))><dt>"Retired by"</dt><dd>{retired_by}</dd></div>
            <div class="fact"><dt>"Domain"</dt><dd>{domain}</dd></div>
            <div class="fact"><dt>"Last contact"</dt><dd><LastContact shown /></dd></div>
            <div class="fact"><dt>"Address"</dt><dd class="mono">{shown.text(address)}</dd></div>
            <div class="fact"><dt>"Version"</dt><dd class="mono">{shown.text(|row| row.agent_version.clone())}</dd></div>
            <div class="fact"><dt>"Id"</dt><dd class="mono">{id.to_string()}</dd></div>
        </dl>
        <News known />
        <Divided known />
        <p class="panel__more"><a href=format!("/agents/{id}/history")>"History: days, weeks, a report to print"</a></p>
        <h3 class="panel__heading">"Transitions"</h3>
        <ol class="happenings" role="list" aria-label="Its transitions">
            <For
                each=move || happened.get().unwrap_or_default()
                key=|(id, line)| (*id, line.at_ms)
                children=|(_, line)| view! { <Happening line /> }
            />
        </ol>
        <If so=told::flag(move || happened.with(|happened| happened.as_ref().is_some_and(Vec::is_empty)))>
            <p class="panel__none">"None is kept."</p>
        </If>
        <If so=may_act>
            <button class="button panel__retire" on:click=move |_| deed.begin(Act::Retire, vec![id], people)>"Retire…"</button>
        </If>
        <Doing deed />
    }
}
