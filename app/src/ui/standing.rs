//! How live the screen is: the mark at the top right, and the banner that nobody can miss.

use leptos::prelude::*;

use crate::feed::live::Live;
use crate::feed::standing::Standing;
use crate::phrase;

/// The mark: `Live 0.1 s behind`, `Connecting…`, `Not live`.
#[component]
pub(crate) fn StandingMark() -> impl IntoView {
    let live = expect_context::<Live>();
    let word = Memo::new(move |_| match live.standing() {
        Standing::Live { .. } => "Live",
        Standing::Connecting => "Connecting…",
        Standing::NotLive { .. } => "Not live",
    });
    let behind = Memo::new(move |_| match live.standing() {
        Standing::Live { behind_ms } => format!("{} behind", phrase::behind(behind_ms)),
        _ => String::new(),
    });
    let class = move || match live.standing() {
        Standing::Live { .. } => "standing standing--live",
        Standing::Connecting => "standing",
        Standing::NotLive { .. } => "standing standing--lost",
    };
    view! {
        <p class=class data-testid="standing">
            <span class="standing__dot" aria-hidden="true"></span>
            // Only the word is announced: the age beside it ticks.
            <strong role="status">{word}</strong>
            <span class="standing__behind">{behind}</span>
        </p>
    }
}

/// The banner across the top of a screen that is not live.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let live = expect_context::<Live>();
    let lost = Memo::new(move |_| matches!(live.standing(), Standing::NotLive { .. }));
    let age = Memo::new(move |_| match live.standing() {
        Standing::NotLive { age_ms: Some(age_ms) } => Some(phrase::span(age_ms)),
        _ => None,
    });
    view! {
        <Show when=move || lost.get()>
            <section class="banner" aria-label="This screen is not live" data-testid="banner">
                <p class="banner__word">
                    "Not live. "
                    {move || match age.get() {
                        Some(age) => view! { "What you see is " <span class="banner__age">{age}</span> " old." }.into_any(),
                        None => "The server has not answered yet.".into_any(),
                    }}
                </p>
                <p class="banner__hope">"Connecting again by itself."</p>
            </section>
        </Show>
    }
}
