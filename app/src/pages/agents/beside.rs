//! Beside the table on a wide screen, while no agent is opened: what happened last.

use leptos::prelude::*;

use crate::feed::live::Live;
use crate::ui::happening::{Happening, Line};
use crate::ui::told::{self, If};

/// The latest transitions.
#[component]
pub(super) fn Beside() -> impl IntoView {
    const LATEST: usize = 40;
    let live = expect_context::<Live>();
    let latest = Memo::new(move |_| {
        live.read_seldom(|fleet| {
            let latest = fleet.events().iter().take(LATEST);
            latest
                .map(|event| (event.id, Line::of(event)))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <aside class="beside" aria-labelledby="latest">
            <h2 class="beside__title" id="latest">"Latest transitions"</h2>
            <ol class="happenings" role="list">
                <For
                    each=move || latest.get()
                    key=|(id, _)| *id
                    children=|(_, line)| view! { <Happening line /> }
                />
            </ol>
            <If so=told::flag(move || latest.with(Vec::is_empty))>
                <p class="beside__none">"Nothing happened yet."</p>
            </If>
        </aside>
    }
}
