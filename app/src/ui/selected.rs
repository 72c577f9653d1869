//! Below the table, while agents are ticked: how many, and what may be done with them.

use leptos::prelude::*;

use crate::bulk::Act;
use crate::feed::live::Live;
use crate::people::People;
use crate::phrase;
use crate::table::selection::Selection;
use crate::ui::doing::{Deed, Doing};
use crate::ui::icon::{Icon, Picture};
use crate::ui::table::Rows;
use crate::ui::told;
use crate::ui::walk;

/// What is on the bar, with its words.
const ACTS: [(Act, &str); 3] = [
    (Act::Move, "Move to domain…"),
    (Act::Verify, "Verify now"),
    (Act::Retire, "Retire…"),
];

/// The bar, and the dialog of what is done.
#[component]
pub(crate) fn Selected(rows: Rows) -> impl IntoView {
    let people = expect_context::<People>();
    let live = expect_context::<Live>();
    let deed = Deed::new();
    // What is done is ticked no more, and the keyboard returns to the table: the button that it came from is gone.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = deed.open.get();
        if was_open == Some(true) && !is_open && deed.is_done() {
            rows.selection.update(Selection::clear);
            walk::focus("[data-agent][tabindex=\"0\"]");
        }
        is_open
    });
    let button = move |(act, words): (Act, &'static str)| {
        let begin = move |_| {
            let agents = live.peek(|fleet| {
                rows.read(|order| rows.selection.with(|selection| selection.shown(fleet, order)))
            });
            deed.begin(act, agents, people);
        };
        view! { <button class="button" on:click=begin>{words}</button> }
    };
    view! {
        <section class="selected" aria-label="Selected agents" hidden=told::flag(move || rows.ticked.get() == 0)>
            <p class="selected__count" role="status">
                {told::text(move || {
                    let mut words = phrase::grouped(rows.ticked.get());
                    words.push_str(" selected");
                    words
                })}
            </p>
            {ACTS.map(button).collect_view()}
            <button
                class="button button--bare"
                aria-label="Select none"
                title="Select none (Esc)"
                on:click=move |_| rows.selection.update(Selection::clear)
            >
                <Icon of=Picture::Close />
            </button>
        </section>
        <Doing deed />
    }
}
