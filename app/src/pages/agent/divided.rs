//! How the last day, week or month of the agent divides into online, offline and unknown.

use leptos::prelude::*;

use super::known::Known;
use crate::availability::{self, Period};
use crate::ui::told;

/// What the three shares are called, and the name of their part of the bar.
const SHARES: [(&str, &str); 3] = [
    ("online", "online"),
    ("offline", "offline"),
    ("unknown", "unknown: the server was blind"),
];

/// The figures and their bar.
#[component]
pub(crate) fn Divided(known: Known) -> impl IntoView {
    let shares = Memo::new(move |_| {
        known.told.with(|told| {
            told.availability
                .as_ref()
                .and_then(|(_, told)| availability::shares(told))
        })
    });
    let note = told::text(move || {
        known
            .told
            .with(|told| match (&told.availability_failure, &told.availability) {
                (Some(failure), _) => failure.to_string(),
                (None, Some((period, told))) => availability::note(told, *period),
                (None, None) => String::new(),
            })
    });
    let segment = |period: Period| {
        let pressed = told::text(move || (known.period.get() == period).to_string());
        view! {
            <button class="segment" aria-pressed=pressed on:click=move |_| known.period.set(period)>{period.name()}</button>
        }
    };
    let share = move |at: usize, tell: fn(i64) -> String, otherwise: &'static str| {
        told::text(move || {
            shares
                .get()
                .map_or_else(|| otherwise.to_owned(), |shares| tell(shares[at]))
        })
    };
    let part = move |(at, (key, _)): (usize, (&'static str, &'static str))| {
        view! { <span class=format!("divided__part divided__part--{key}") style:width=share(at, availability::width, "0") /> }
    };
    let figure = move |(at, (key, name)): (usize, (&'static str, &'static str))| {
        view! {
            <div class=format!("divided__figure divided__figure--{key}")>
                <dt>{name}</dt>
                <dd>{share(at, availability::percent, "–")}</dd>
            </div>
        }
    };
    view! {
        <section class="divided" aria-labelledby="divided">
            <div class="divided__head">
                <h3 class="panel__heading" id="divided">"Availability"</h3>
                <div class="segments" role="group" aria-label="Period">{Period::ALL.map(segment).collect_view()}</div>
            </div>
            <div class="divided__bar" aria-hidden="true">{SHARES.into_iter().enumerate().map(part).collect_view()}</div>
            <dl class="divided__figures">{SHARES.into_iter().enumerate().map(figure).collect_view()}</dl>
            <p class="divided__note">{note}</p>
        </section>
    }
}
