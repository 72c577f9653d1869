//! Beside the counts: how many contacts come in a second, and how late a silence is on the screen.

use leptos::prelude::*;

use super::known::Known;
use crate::phrase;
use crate::standing;
use crate::ui::told;
use crate::wall::hour;

/// The room of the line of contacts.
const LINE: (u32, u32) = (120, 18);

/// The figures, as the last entries of the counts.
#[component]
pub(super) fn Figures(known: Known) -> impl IntoView {
    let contacts = told::text(move || {
        known.status.with(|status| {
            let figure = status.as_ref().map(|status| status.contacts_a_second as usize);
            figure.map_or_else(|| "–".to_owned(), phrase::grouped)
        })
    });
    let line = told::text(move || {
        known
            .contacts
            .with(|kept| hour::spark(kept.iter().copied(), LINE.0, LINE.1))
    });
    let late = told::text(move || {
        known.status.with(|status| match status {
            Some(status) if status.noticed.count > 0 && status.told.count > 0 => {
                // Each of the two is longer for one of a hundred, so their sum is for two at most.
                standing::late(status.noticed.p99_us + status.told.p99_us)
            }
            _ => "–".to_owned(),
        })
    });
    view! {
        <li class="count figure">
            <span class="count__name">"Contacts"</span>
            <span class="figure__value"><span class="count__number">{contacts}</span>" /s"</span>
            <svg class="figure__line" viewBox="-1 -1 122 20" preserveAspectRatio="none" aria-hidden="true"><path d=line /></svg>
        </li>
        <li class="count figure">
            <span class="count__name">"Deadline to screen"</span>
            <span class="figure__value"><span class="count__number">{late}</span></span>
            <span class="figure__note">"98 of 100, last hour"</span>
        </li>
    }
}
