//! How live the screen is: the mark at the top right, and the banner that nobody can miss.

use leptos::prelude::*;

use crate::feed::live::Live;
use crate::feed::standing::Standing;
use crate::phrase;
use crate::ui::told::{self, If};

/// The mark: `Live 0.1 s behind`, `Connecting…`, `Not live`.
#[component]
pub(crate) fn StandingMark() -> impl IntoView {
    let live = expect_context::<Live>();
    let word = move || match live.standing() {
        Standing::Live { .. } => "Live".to_owned(),
        Standing::Connecting => "Connecting…".to_owned(),
        Standing::NotLive { .. } => "Not live".to_owned(),
    };
    let behind = move || match live.standing() {
        Standing::Live { behind_ms } => format!("{} behind", phrase::behind(behind_ms)),
        _ => String::new(),
    };
    let class = move || match live.standing() {
        Standing::Live { .. } => "standing standing--live".to_owned(),
        Standing::Connecting => "standing".to_owned(),
        Standing::NotLive { .. } => "standing standing--lost".to_owned(),
    };
    view! {
        <p class=told::text(class) data-testid="standing">
            <span class="standing__dot" aria-hidden="true"></span>
            // Only the word is announced: the age beside it ticks.
            <strong role="status">{told::text(word)}</strong>
            <span class="standing__behind">{told::text(behind)}</span>
        </p>
    }
}

/// The banner across the top of a screen that is not live.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let live = expect_context::<Live>();
    let lost = move || matches!(live.standing(), Standing::NotLive { .. });
    let words = move || match live.standing() {
        Standing::NotLive { age_ms: Some(age_ms) } => {
            format!("Not live. What you see is {} old.", phrase::span(age_ms))
        }
        _ => "Not live. The server has not answered yet.".to_owned(),
    };
    view! {
        <If so=told::flag(lost)>
            <section class="banner" aria-label="This screen is not live" data-testid="banner">
                <p class="banner__word">{told::text(words)}</p>
                <p class="banner__hope">"Connecting again by itself."</p>
            </section>
        </If>
    }
}
