//! Below the table, while agents are ticked: how many, and what may be done with them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use leptos::prelude::*;
use rollcall_shared::feed::table::Query;
use rollcall_shared::{AgentId, DomainId, Status, Statuses};
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::bulk::{self, Act};
use crate::feed::socket::Feed;
use crate::people::People;
use crate::phrase;
use crate::table::selection::{List, Selection};
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
    let ticked = Memo::new(move |_| rows.ticked());
    let toasts = expect_context::<Toasts>();
    let deed = Deed::new();
    let is_waiting = RwSignal::new(false);
    let origins = StoredValue::new(Origins::new());
    // What is done is ticked no more, and the keyboard returns to the table: the button that it came from is gone.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = deed.open.get();
        if was_open == Some(true) && !is_open && deed.is_done() {
            rows.selection.update(Selection::clear);
            walk::focus("[data-agent][tabindex=\"0\"]");
        }
        if was_open == Some(true) && !is_open {
            offer_undo(rows.feed, deed, origins, people, toasts);
        }
        is_open
    });
    let button = move |(act, words): (Act, &'static str)| {
        let begin = move |_| {
            let selection = rows.selection;
            let are_here = move |part: &List| {
                selection.with_untracked(|ticked| ticked.shown(part).len() == ticked.count())
            };
            // While one act waits for its list, or is asked about, there is no other.
            if is_waiting.get_untracked() || deed.open.get_untracked() {
                return;
            }
            is_waiting.set(true);
            rows.with_list(&are_here, move |list| {
                is_waiting.set(false);
                let Some(list) = list else { return };
                // Who is ticked and shown no more is not acted upon, and is not counted any longer.
                let agents = selection.with_untracked(|ticked| ticked.shown(list));
                selection.update(|ticked| ticked.keep(&agents));
                if agents.is_empty() {
                    return;
                }
                origins.set_value(agents.iter().copied().collect());
                deed.begin(act, agents.iter().map(|(id, _)| *id).collect(), people);
            });
        };
        view! { <button class="button" aria-disabled=told::maybe(move || is_waiting.get().then_some("true")) on:click=begin>{words}</button> }
    };
    view! {
        <section class="selected" aria-label="Selected agents" hidden=told::flag(move || ticked.get() == 0)>
            <p class="selected__count" role="status">
                {told::text(move || {
                    let mut words = phrase::grouped(ticked.get());
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
fn offer_undo(feed: Feed, deed: Deed, origins: StoredValue<Origins>, people: People, toasts: Toasts) {
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
            // Who was moved on meanwhile, by somebody else, stays where they are.
            let Some(there) = feed.list(everyone_below(target), 0, usize::MAX, false).await else {
                toasts.say(
                    undo::words(0, asked, Some("the server does not answer just now")),
                    None,
                );
                return;
            };
            let there = there.agents.into_iter().filter(|(_, is_in)| *is_in == target);
            let there: HashSet<AgentId> = there.map(|(id, _)| id).collect();
            for (domain, agents) in calls {
                let is_ours = |id: &AgentId| there.contains(id);
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

/// All agents of a domain and of those below it, whatever their status.
fn everyone_below(domain: DomainId) -> Query {
    let all = Status::ALL
        .into_iter()
        .fold(Statuses::default(), Statuses::toggled);
    Query {
        domain: Some(domain),
        statuses: all,
        ..Query::default()
    }
}
