//! Where the table would be, while it has no rows: why, and what to do about it.

use leptos::prelude::*;

use super::address::Address;
use crate::people::People;
use crate::table::view::View;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};

/// There is no agent yet.
#[component]
pub(super) fn Nobody(adding: RwSignal<bool>) -> impl IntoView {
    let people = expect_context::<People>();
    view! {
        <div class="empty">
            <p class="empty__title">"Nobody on the roll yet"</p>
            <p class="empty__text">
                "An agent is a small program on each machine. One line enrols it and starts it; it appears here the moment it does."
            </p>
            <If so=told::flag(move || people.may_change())>
                <button class="button button--first" on:click=move |_| adding.set(true)>
                    <Icon of=Picture::Plus />
                    "Add an agent"
                </button>
            </If>
        </div>
    }
}

/// There are agents, and none of them is what the view asks for.
#[component]
pub(super) fn NoneFits(view: Memo<View>, address: Address) -> impl IntoView {
    let why_none = move || {
        view.with(
            |view| match (view.search.trim().is_empty(), view.statuses.is_empty()) {
                (false, true) => format!("No name and no address contains “{}”.", view.search.trim()),
                (false, false) => format!(
                    "None with that status has “{}” in its name or address.",
                    view.search.trim()
                ),
                (true, false) => "None has that status now.".to_owned(),
                (true, true) => "None is in this domain, or below it.".to_owned(),
            },
        )
    };
    view! {
        <div class="empty">
            <p class="empty__title">"No agent fits"</p>
            <p class="empty__text">{told::text(why_none)}</p>
            <button
                class="button"
                on:click=move |_| {
                    address.search.set(String::new());
                    address.change(|view| *view = View { sort: view.sort, ..View::default() });
                }
            >
                "Show all"
            </button>
        </div>
    }
}
