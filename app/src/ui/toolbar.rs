//! Above the table: the search, how much of the fleet is shown, and the way to a new agent.

use leptos::html;
use leptos::prelude::*;

use crate::feed::live::Live;
use crate::feed::mirror::Fleet;
use crate::keys;
use crate::people::People;
use crate::phrase;
use crate::table::column::Columns;
use crate::table::view::View;
use crate::ui::columns::ColumnsMenu;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};

/// The toolbar.
#[component]
pub(crate) fn Toolbar(
    /// What is searched for.
    search: RwSignal<String>,
    /// How many agents are shown.
    shown: Signal<usize>,
    /// Somebody wants to add an agent.
    adding: RwSignal<bool>,
    /// What the table shows.
    view: Memo<View>,
    /// Whether the tree is beside the table.
    tree: RwSignal<bool>,
    /// Chooses columns.
    choose: Callback<Columns>,
    /// Saves what is shown as a file.
    save: Callback<()>,
) -> impl IntoView {
    let people = expect_context::<People>();
    let live = expect_context::<Live>();
    let input = NodeRef::<html::Input>::new();
    keys::on_key(move |event| {
        if event.key() == "/"
            && !keys::is_typing(event)
            && let Some(input) = input.get_untracked()
        {
            event.prevent_default();
            // What was searched for is replaced by typing on.
            input.select();
            let _ = input.focus();
        }
    });
    let words = move || {
        let some = shown.get();
        let all = live.read(Fleet::on_the_roll).max(some);
        if some == all {
            phrase::counted(all, "agent", "agents")
        } else {
            format!("{} of {}", phrase::grouped(some), phrase::grouped(all))
        }
    };
    let name = told::text(move || {
        let path = view
            .with(|view| view.domain)
            .map(|domain| live.read(|fleet| fleet.tree().path(domain)));
        path.unwrap_or_else(|| "All domains".to_owned())
    });
    view! {
        <div class="toolbar">
            <button
                class="button toolbar__domain"
                aria-controls="domains"
                aria-expanded=told::text(move || tree.get().to_string())
                title="Domains"
                on:click=move |_| tree.update(|shown| *shown = !*shown)
            >
                <span>{name}</span>
            </button>
            <div class="search">
                <Icon of=Picture::Search />
                <input
                    class="search__input"
                    type="search"
                    aria-label="Find agents by name or address"
                    placeholder="name or address"
                    autocomplete="off"
                    spellcheck="false"
                    node_ref=input
                    prop:value=search
                    on:input=move |event| search.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Escape" && !search.with_untracked(String::is_empty) {
                            event.prevent_default();
                            search.set(String::new());
                        }
                    }
                />
                <kbd class="search__key" aria-hidden="true">"/"</kbd>
            </div>
            <p class="toolbar__shown">{told::text(words)}</p>
            <ColumnsMenu view shown choose save />
            <If so=told::flag(move || people.may_change())>
                <button class="button" on:click=move |_| adding.set(true)>
                    <Icon of=Picture::Plus />
                    "Add an agent"
                </button>
            </If>
        </div>
    }
}
