//! A row of the table: an agent, live.

use leptos::prelude::*;
use rollcall_shared::{AgentId, DomainId, Status};

use crate::route::Opened;
use crate::table::view::View;
use crate::ui::age::Age;
use crate::ui::mark::Mark;
use crate::ui::shown::{LastContact, Shown};
use crate::ui::table::{Place, Rows};
use crate::ui::told;
use crate::ui::walk;

/// The row of whoever is at a place. It is drawn anew only where what it shows changed.
#[component]
pub(crate) fn AgentRow(
    /// Whose: another one when it is shown again elsewhere.
    place: RwSignal<Place>,
    /// The table's rows.
    rows: Rows,
    /// The row that Tab comes to.
    reached: Memo<Option<AgentId>>,
) -> impl IntoView {
    let live = rows.live;
    let id = Memo::new(move |_| place.get().agent());
    let is_awaited = move || id.get().is_none();
    let shown = Shown(Memo::new(move |_| {
        let id = id.get()?;
        live.read(|fleet| fleet.agent(id).cloned())
    }));
    let status = shown.status();
    let since = shown.since();

    let class = glowing(id, status, since);
    // By the list itself: a number that is counted in the page would be another for every row at each step of a scroll.
    let row_number = move || {
        let position = id.get().and_then(|id| live.read(|fleet| fleet.position(id)));
        position.map_or_else(String::new, |position| (position + 2).to_string())
    };
    let name = told::text(move || {
        shown
            .read(|agent| agent.name.clone())
            .unwrap_or_else(|| "…".to_owned())
    });
    let address_text = shown.text(|agent| {
        agent
            .address
            .map_or_else(String::new, |address| address.to_string())
    });
    let word = shown.text(|agent| match &agent.retired_by {
        Some(person) => format!("Retired by {person}"),
        None => agent.status.to_string(),
    });
    let domain = Memo::new(move |_| {
        // The one that holds all is not worth a word in every row.
        let domain = shown
            .read(|agent| agent.domain)
            .filter(|domain| *domain != DomainId::ROOT);
        let path = domain.map(|domain| live.read(|fleet| fleet.tree().path(domain)));
        path.unwrap_or_default()
    });
    let tick = rows.may_tick.then(|| view! { <Tick id rows name /> });
    view! {
        <tr
            class=told::text(class)
            role="row"
            aria-rowindex=told::text(row_number)
            aria-hidden=told::maybe(move || is_awaited().then_some("true"))
            aria-selected=told::maybe(move || id.get().is_some_and(|id| rows.opened.get() == Opened::Agent(id)).then_some("true"))
            on:mousedown=move |event| {
                // Or what is between would be marked as text.
                if rows.may_tick && event.shift_key() {
                    event.prevent_default();
                }
            }
            on:click=move |event| {
                // The name is a link, which the address bar follows; a row that followed too would go there twice.
                if walk::is_in(&event, "a") {
                    return;
                }
                let Some(id) = id.get_untracked() else { return };
                let is_held = event.shift_key() || event.ctrl_key() || event.meta_key();
                if rows.may_tick && (is_held || walk::is_in(&event, ".cell--tick")) {
                    rows.tick(id, event.shift_key());
                } else {
                    rows.open.run(id);
                }
            }
        >
            {tick}
            <td class="cell cell--name" role="cell">
                <a
                    href=Signal::derive(move || Some(format!("/agents/{}{}", id.get()?, rows.view.with(View::to_query))))
                    data-agent=Signal::derive(move || Some(id.get()?.to_string()))
                    tabindex=told::text(move || if id.get().is_some_and(|id| reached.get() == Some(id)) { "0" } else { "-1" }.to_owned())
                >
                    {name}
                </a>
            </td>
            <td class="cell cell--status" role="cell">
                <span class="status"><Mark status /><span class="status__word">{word}</span></span>
            </td>
            <td class="cell cell--since" role="cell"><Age at_ms=since /></td>
            <td class="cell cell--contact" role="cell"><LastContact shown /></td>
            <td class="cell cell--domain" role="cell" title=domain>{domain}</td>
            <td class="cell cell--address" role="cell" title=address_text>{address_text}</td>
            <td class="cell cell--version" role="cell">{shown.text(|agent| agent.agent_version.clone())}</td>
            <td class="cell cell--cause" role="cell">{shown.text(|agent| agent.cause.phrase())}</td>
        </tr>
    }
}

/// The class of a row, which glows when its agent's status changes, not when another one comes into it. Two names for one
/// animation: a second change starts it again.
fn glowing(id: Memo<Option<AgentId>>, status: Signal<Status>, since: Signal<i64>) -> impl Fn() -> String {
    let before = StoredValue::new(None);
    let turns = StoredValue::new(0_u32);
    move || {
        let now = (id.get(), status.get(), since.get());
        let was = before.get_value();
        before.set_value(Some(now));
        match was {
            Some((agent, ..)) if agent != now.0 => turns.set_value(0),
            Some(was) if was != now => turns.update_value(|turns| *turns = turns.wrapping_add(1)),
            _ => {}
        }
        if now.0.is_none() {
            return "row row--awaited".to_owned();
        }
        let glow = match turns.get_value() {
            0 => "",
            odd if odd % 2 == 1 => " row--changed",
            _ => " row--changed-again",
        };
        format!("row row--{}{glow}", now.1.key())
    }
}

/// The box that ticks it; the row hears the click.
#[component]
fn Tick(id: Memo<Option<AgentId>>, rows: Rows, name: Signal<String>) -> impl IntoView {
    let is_ticked = move |id| rows.selection.with(|selection| selection.has(id));
    let ticked = told::flag(move || id.get().is_some_and(is_ticked));
    view! {
        <td class="cell cell--tick" role="cell">
            <input class="tick" type="checkbox" tabindex="-1" aria-label=name prop:checked=ticked />
        </td>
    }
}
