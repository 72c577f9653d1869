//! `/agents/<id>/history`: one agent over a day, a week or a month, on the screen and on paper.

mod chart;
mod transitions;

use core::time::Duration;

use leptos::prelude::*;
use rollcall_shared::AgentId;

use self::chart::Chart;
use self::transitions::Transitions;
use crate::availability::Period;
use crate::clock;
use crate::document::bar::Bar;
use crate::feed::live::Live;
use crate::pages::agent::{Absent, Divided, Known, News, WhyCard, as_row};
use crate::route::Opened;
use crate::ui::mark::StatusWord;
use crate::ui::shown::Shown;
use crate::ui::told::{self, If};

/// The agent is asked for again so often: no feed tells this page of it.
const EVERY: Duration = Duration::from_secs(10);

/// The page.
#[component]
pub(crate) fn History() -> impl IntoView {
    let bar = expect_context::<Bar>();
    let opened = Memo::new(move |_| Opened::history_at(&bar.path()));
    move || match opened.get() {
        Opened::Agent(id) => view! { <Of id /> }.into_any(),
        Opened::Nothing | Opened::Unreadable => view! { <Absent /> }.into_any(),
    }
}

#[component]
fn Of(id: AgentId) -> impl IntoView {
    let bar = expect_context::<Bar>();
    let known = Known::of(id);
    let shown = Shown(Memo::new(move |_| {
        known.told.with(|told| told.agent.as_ref().map(as_row))
    }));
    known.keep(shown);
    if let Ok(again) = set_interval_with_handle(move || known.ask(), EVERY) {
        on_cleanup(move || again.clear());
    }
    follow_address(known.period, bar, id);
    Effect::new(move |_| {
        let name = shown.read(|row| row.name.clone());
        let mut title = name.unwrap_or_else(|| "Agent".to_owned());
        title.push_str(" · History · Rollcall");
        document().set_title(&title);
    });
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
            <Report id shown known />
        </If>
    }
}

/// The address says which period is shown, and the period follows the address.
fn follow_address(period: RwSignal<Period>, bar: Bar, id: AgentId) {
    let told = Memo::new(move |_| Period::from_key(&bar.parameter("period").unwrap_or_default()));
    Effect::new(move |_| {
        let told = told.get();
        if period.get_untracked() != told {
            period.set(told);
        }
    });
    Effect::new(move |_| {
        let chosen = period.get();
        if told.get_untracked() != chosen {
            let mut to = format!("/agents/{id}/history");
            if chosen != Period::default() {
                to.push_str("?period=");
                to.push_str(chosen.key());
            }
            bar.go(&to, true);
        }
    });
}

#[component]
fn Report(id: AgentId, shown: Shown, known: Known) -> impl IntoView {
    let live = expect_context::<Live>();
    let platform = told::text(move || {
        let told = known
            .told
            .with(|told| told.agent.as_ref().map(|agent| agent.platform.clone()));
        told.unwrap_or_default()
    });
    let printed = told::text(move || {
        let host = window().location().host().unwrap_or_default();
        let period = known.period.get().name();
        format!(
            "{host} · the last {period} · printed {}",
            clock::local(live.now()).exact()
        )
    });
    let print = move |_| {
        // A browser that cannot print says so itself.
        let _ = window().print();
    };
    view! {
        <article class="report">
            <header class="report__head">
                <div>
                    <h2 class="report__name">{shown.text(|row| row.name.clone())}</h2>
                    <p class="report__status"><StatusWord status=shown.status() /></p>
                    <p class="report__platform">{platform}" · "<span class="mono">{id.to_string()}</span></p>
                </div>
                <p class="report__acts">
                    <a class="button" href=format!("/agents/{id}")>"Beside the table"</a>
                    <button class="button" on:click=print>"Print"</button>
                </p>
                <p class="report__printed">{printed}</p>
            </header>
            <div class="report__wide"><Chart id known /></div>
            <div class="report__columns">
                <div>
                    <Divided known />
                    <Transitions id known />
                </div>
                <div>
                    <WhyCard shown known />
                    <News known />
                </div>
            </div>
        </article>
    }
}
