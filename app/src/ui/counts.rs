//! The counts by status: what a glance from across the room is for, and the filter of the table.

use leptos::prelude::*;
use rollcall_shared::Status;

use crate::feed::live::Live;
use crate::phrase;
use crate::table::view::View;
use crate::ui::mark::Mark;
use crate::ui::told;

/// The counts. Each is a button that is pressed while only its status, or its status too, is shown.
#[component]
pub(crate) fn Counts(
    /// What the table shows: the agents of its domain are counted.
    view: Memo<View>,
    /// Whether a status is filtered for.
    #[prop(into)]
    pressed: Callback<Status, bool>,
    /// A status was clicked.
    #[prop(into)]
    toggle: Callback<Status>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let count_of = |status: Status| {
        let count = Memo::new(move |_| {
            live.read(|fleet| match view.with(|view| view.domain) {
                Some(domain) => fleet.tree().count_below(domain, status),
                None => fleet.count(status),
            })
        });
        let is_pressed = move || pressed.run(status);
        let class = told::text(move || {
            let none = if count.get() == 0 { " count--none" } else { "" };
            format!("count count--{}{none}", status.key())
        });
        view! {
            <button
                class=class
                aria-pressed=told::text(move || is_pressed().to_string())
                on:click=move |_| toggle.run(status)
            >
                <span class="count__name">
                    <Mark status />
                    {status.to_string()}
                </span>
                <span class="count__number">{told::text(move || phrase::grouped(count.get()))}</span>
            </button>
        }
    };
    view! {
        <div class="counts" role="group" aria-label="Filter by status">
            {Status::ALL.map(count_of).collect_view()}
        </div>
    }
}
