//! Below the table, while agents are ticked: how many, and what may be done with them.

use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;
use rollcall_shared::{AgentId, DomainId};
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::bulk::{self, Act};
use crate::feed::live::Live;
use crate::people::People;
use crate::phrase;
use crate::table::selection::Selection;
use crate::ui::doing::{Deed, Doing};
use crate::ui::icon::{Icon, Picture};
use crate::ui::table::Rows;
use crate::ui::toast::Toasts;
use crate::ui::told;
use crate::ui::walk;
use crate::undo;

/// What is on the bar, with its words.
const ACTS: [(Act, &str); 3] = [
    (Act::Move, "Move to domain…"),
    (Act::Verify, "Verify now"),
    (Act::Retire, "Retire…"),
];

/// In which domain agents were before they were moved.
type Origins = HashMap<AgentId, DomainId>;

/// The bar, and the dialog of what is done.
#[component]
pub(crate) fn Selected(rows: Rows) -> impl IntoView {
    let people = expect_context::<People>();
    let live = expect_context::<Live>();
    let toasts = expect_context::<Toasts>();
    let deed = Deed::new();
    let origins = StoredValue::new(Origins::new());
    // What is done is ticked no more, and the keyboard returns to the table: the button that it came from is gone.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = deed.open.get();
        if was_open == Some(true) && !is_open && deed.is_done() {
            rows.selection.update(Selection::clear);
            walk::focus("[data-agent][tabindex=\"0\"]");
        }
        if was_open == Some(true) && !is_open {
            offer_undo(live, deed, origins, people, toasts);
        }
        is_open
    });
    let button = move |(act, words): (Act, &'static str)| {
        let begin = move |_| {
            let agents = live.peek(|fleet| {
                rows.read(|order| rows.selection.with(|selection| selection.shown(fleet, order)))
            });
            let was_in = |id: &AgentId| live.peek(|fleet| Some((*id, fleet.agent(*id)?.domain)));
            origins.set_value(agents.iter().filter_map(was_in).collect());
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

/// Says who was moved, and offers to take it back.
fn offer_undo(live: Live, deed: Deed, origins: StoredValue<Origins>, people: People, toasts: Toasts) {
    let (there, Some(target)) = deed.moved() else {
        return;
    };
    let came_from = |id: &AgentId| origins.with_value(|origins| Some((*id, *origins.get(id)?)));
    let mut origins: Vec<_> = there.iter().filter_map(came_from).collect();
    // Who was there before was moved by nobody.
    origins.retain(|(_, origin)| *origin != target);
    if origins.is_empty() {
        return;
    }
    let calls = undo::back(&origins);
    let asked = origins.len();
    let undo = Arc::new(move || {
        let calls = calls.clone();
        spawn_local(async move {
            let (mut returned, mut failure) = (0, None);
            for (domain, agents) in calls {
                // Who was moved on meanwhile, by somebody else, stays where they are. This screen may not have heard of the
                // move that is taken back.
                let is_ours = |id: &AgentId| {
                    let is_in = live.peek(|fleet| fleet.agent(*id).map(|agent| agent.domain));
                    is_in.is_some_and(|is_in| is_in == target || is_in == domain)
                };
                let agents: Vec<AgentId> = agents.into_iter().filter(is_ours).collect();
                if agents.is_empty() {
                    continue;
                }
                match api::act(Act::Move, &agents, Some(domain)).await {
                    Ok(became) => returned += bulk::there(&became, true).count(),
                    Err(failed) => {
                        people.heed(&failed);
                        failure = Some(failed.to_string());
                    }
                }
            }
            toasts.say(undo::words(returned, asked, failure.as_deref()), None);
        });
    });
    let count = phrase::counted(asked, "agent", "agents");
    toasts.say(format!("{count} moved"), Some(undo));
}
