//! The card that explains a status (rule 13): what it is and since when, by which rule, until when, and what
//! would change it.
//!
//! What the feed tells stands there at once; what the API tells takes the place that is kept for it.

use leptos::prelude::*;
use rollcall_shared::ContactKind;
use rollcall_shared::why::Why;

use super::known::Known;
use crate::calendar::Moment;
use crate::clock;
use crate::explain::{self, DeadlineLine};
use crate::feed::live::Live;
use crate::ui::age::{Age, When};
use crate::ui::mark::StatusWord;
use crate::ui::shown::Shown;
use crate::ui::told::{self, If};

/// The card.
#[component]
pub(crate) fn WhyCard(shown: Shown, known: Known) -> impl IntoView {
    let since = shown.since();
    let failure = told::text(move || {
        let failure = known.told.with(|told| told.why_failure.clone());
        failure.map_or_else(String::new, |failure| failure.to_string())
    });
    let is_explained = told::flag(move || known.told.with(|told| told.why.is_some()));
    let is_waiting = told::flag(move || failure.with(String::is_empty));
    view! {
        <section class="why" aria-label="Why it has this status">
            <p class="why__status"><StatusWord status=shown.status() /></p>
            <p class="why__cause">{shown.text(|row| explain::sentence(row.cause))}</p>
            <p class="why__since">"Since " <When at_ms=since /> " · " <Age at_ms=since /></p>
            <DeadlineOf shown known />
            <If
                so=is_explained
                otherwise=move || {
                    view! {
                        <If so=is_waiting>
                            <p class="why__body why__body--old">"Asking why…"</p>
                        </If>
                    }
                }
            >
                <Explained shown known />
            </If>
            <If so=told::flag(move || !is_waiting.get())>
                <p class="why__failure" role="alert">
                    {told::text(move || if is_explained.get() { "Not brought up to date. " } else { "Not explained. " }.to_owned())}
                    {failure}
                    " "
                    <button class="link" on:click=move |_| known.ask_why()>"Ask again"</button>
                </p>
            </If>
        </section>
    }
}

/// `Deadline in 41 min`, live; the exact time on hover.
#[component]
fn DeadlineOf(shown: Shown, known: Known) -> impl IntoView {
    let live = expect_context::<Live>();
    let line = Memo::new(move |_| {
        let told = known.told.with(|told| told.why.as_ref().map(|why| why.deadline));
        shown
            .read(|row| DeadlineLine::of(row.status, row.cause, row.since_ms, told))
            .unwrap_or(DeadlineLine::Absent)
    });
    let words = Memo::new(move |_| line.get().words(live.now()));
    let written =
        move |write: fn(i64) -> String| told::text(move || line.get().at_ms().map(write).unwrap_or_default());
    view! {
        <p class="why__deadline">
            <time
                datetime=written(|at_ms| Moment::at(at_ms).machine_readable())
                title=written(|at_ms| clock::local(at_ms).exact())
            >
                {words}
            </time>
            <span class="why__by">{told::text(move || line.get().set_by().to_owned())}</span>
        </p>
    }
}

/// What the API says.
#[component]
fn Explained(shown: Shown, known: Known) -> impl IntoView {
    let text = move |tell: fn(&Why) -> String| {
        told::text(move || {
            known
                .told
                .with(|told| told.why.as_ref().map(tell))
                .unwrap_or_default()
        })
    };
    let changes = move || {
        known
            .told
            .with(|told| told.why.as_ref().map(|why| why.would_change.clone()))
    };
    let settings = told::text(move || {
        known.told.with(|told| {
            let applied = told.agent.as_ref().map(|agent| agent.applied);
            explain::settings(told.why.as_ref().and_then(|why| why.lease), applied)
        })
    });
    // The feed may know better already, and the new explanation be still on its way.
    let class = told::text(move || {
        let explained = known.told.with(|told| told.why.as_ref().map(|why| why.status));
        if explained == shown.read(|row| row.status) {
            "why__body"
        } else {
            "why__body why__body--old"
        }
        .to_owned()
    });
    view! {
        <div class=class>
            <p class="why__rule">{text(|why| why.rule.clone())}</p>
            <table class="proofs">
                <caption>"Last proof"</caption>
                <tbody>{ContactKind::ALL.iter().map(|path| view! { <Path path=*path known /> }).collect_view()}</tbody>
            </table>
            <p class="proofs__none" hidden=told::flag(move || known.told.with(is_proved))>"It was never heard."</p>
            <dl class="facts">
                <div class="fact"><dt>"Network"</dt><dd>{text(|why| explain::network(&why.network))}</dd></div>
                <div class="fact"><dt>"Addresses"</dt><dd class="mono">{text(|why| explain::addresses(&why.network))}</dd></div>
                <div class="fact"><dt>"Settings"</dt><dd>{settings}</dd></div>
                <div class="fact"><dt>"Its clock"</dt><dd>{text(|why| explain::clock(why.clock_ahead_ms))}</dd></div>
                <div class="fact"><dt>"Loopback"</dt><dd class="mono">{text(|why| explain::loopback(why.loopback))}</dd></div>
                <div class="fact"><dt>"Verification"</dt><dd><Verification known /></dd></div>
            </dl>
            <If so=told::flag(move || changes().is_some_and(|changes| !changes.is_empty()))>
                <h3 class="why__heading">"What would change it"</h3>
                <ul class="why__changes" role="list">
                    <For each=move || changes().unwrap_or_default() key=String::clone children=|change| view! { <li>{change}</li> } />
                </ul>
            </If>
        </div>
    }
}

fn is_proved(told: &super::known::Told) -> bool {
    told.why.as_ref().is_some_and(|why| !why.proofs.is_empty())
}

/// The last proof on a path. Paths keep their order, so that no line jumps while they take turns.
#[component]
fn Path(path: ContactKind, known: Known) -> impl IntoView {
    let proof = Memo::new(move |_| {
        known.told.with(|told| {
            let why = told.why.as_ref()?;
            let proof = why.proofs.iter().find(|proof| proof.path == path)?;
            Some(proof.at_ms)
        })
    });
    view! {
        <tr hidden=told::flag(move || proof.get().is_none())>
            <th scope="row">{path.key()}</th>
            <td><Age at_ms=Signal::derive(move || proof.get().unwrap_or_default()) />" ago"</td>
        </tr>
    }
}

/// How the server's last connection to it ended.
#[component]
fn Verification(known: Known) -> impl IntoView {
    let outcome = told::text(move || {
        known
            .told
            .with(|told| match (&told.verify_failure, told.verification()) {
                (Some(failure), _) => failure.to_string(),
                (None, Some(verified)) => verified.outcome.phrase().to_owned(),
                (None, None) => "none since the server started".to_owned(),
            })
    });
    let at_ms = Memo::new(move |_| {
        known.told.with(|told| match told.verify_failure {
            Some(_) => None,
            None => told.verification().map(|verified| verified.at_ms),
        })
    });
    view! {
        // Only the outcome is announced: the age beside it ticks.
        <span role="status">{outcome}</span>
        <span class="why__ago" hidden=told::flag(move || at_ms.get().is_none())>
            " · "<Age at_ms=Signal::derive(move || at_ms.get().unwrap_or_default()) />" ago"
        </span>
    }
}
