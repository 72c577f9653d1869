//! How the server itself stands, on the wall: quiet where it is well, plain where it is not; and when it could not hear.

use leptos::prelude::*;
use rollcall_shared::console_api::{BlindSpan, ServerStatus};

use super::known::Known;
use crate::clock;
use crate::people::People;
use crate::phrase;
use crate::ui::told;
use crate::wall::blind;

/// How many spans have a card: the latest.
const CARDS: usize = 3;

/// The line, and the cards.
#[component]
pub(super) fn ServerStands(known: Known) -> impl IntoView {
    let line = told::text(move || {
        known
            .status
            .with(|status| status.as_ref().map_or_else(unknown, well))
    });
    // Grows with every minute, which nobody wants to hear.
    let up = told::text(move || {
        known.status.with(|status| {
            let ran = status.as_ref().map(|status| status.now_ms - status.started_ms);
            ran.map_or_else(String::new, |ran| format!(", up {}", phrase::span(ran)))
        })
    });
    let wrong = move || {
        let parts = known
            .status
            .with(|status| status.as_ref().map(|status| status.parts.clone()));
        parts
            .unwrap_or_default()
            .into_iter()
            .filter_map(|part| Some((part.name, part.wrong?)))
            .map(|(name, wrong)| view! { <p class="card card--wrong"><strong>{name}</strong>" "{wrong}</p> })
            .collect_view()
    };
    let spans = Memo::new(move |_| {
        known.hour.with(|hour| {
            let spans = hour.as_ref().map(|hour| blind::told(&hour.blind, CARDS));
            spans.unwrap_or_default()
        })
    });
    // The server tells it of the whole fleet.
    let is_of_part = expect_context::<People>().is_display_of_part();
    let picture = told::text(move || {
        known.status.with(|status| {
            let picture = status.as_ref().map(|status| status.picture);
            let picture = picture.filter(|_| !is_of_part);
            let by = picture.and_then(|picture| picture.complete_by_ms);
            let by = by.map(|at_ms| clock::local(at_ms).time());
            picture
                .map(|picture| blind::heard_again(&picture, by.as_deref()))
                .unwrap_or_default()
        })
    });
    view! {
        <p class="server-line"><span role="status">{line}</span>{up}</p>
        {wrong}
        {move || spans.get().into_iter().map(card).collect_view()}
        <p class="card" hidden=told::flag(move || picture.with(String::is_empty))>{picture}</p>
    }
}

fn unknown() -> String {
    "The server does not say how it stands.".to_owned()
}

fn well(status: &ServerStatus) -> String {
    let is_wrong = status.parts.iter().any(|part| part.wrong.is_some());
    if is_wrong {
        "Server in trouble"
    } else {
        "Server well"
    }
    .to_owned()
}

fn card(span: BlindSpan) -> AnyView {
    let at = clock::local(span.from_ms).time();
    let (title, words) = blind::words(&span);
    view! {
        <section class="card" aria-label=title>
            <p class="card__head"><strong>{title}</strong><span class="card__when">{at}</span></p>
            <p class="card__words">{words}</p>
        </section>
    }
    .into_any()
}
