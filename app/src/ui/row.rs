//! A row of the table: an agent, live.

use leptos::prelude::*;
use rollcall_shared::{AgentId, DomainId};

use crate::route::Opened;
use crate::table::view::View;
use crate::ui::age::Age;
use crate::ui::mark::Mark;
use crate::ui::shown::{LastContact, Shown};
use crate::ui::table::Rows;
use crate::ui::told;
use crate::ui::walk;

/// The row of an agent. It is drawn anew only where what it shows changed.
#[component]
pub(crate) fn AgentRow(
    /// Whose.
    id: AgentId,
    /// The table's rows.
    rows: Rows,
    /// Whether Tab comes here.
    #[prop(into)]
    reached: Signal<bool>,
) -> impl IntoView {
    let live = rows.live;
    let shown = Shown::live(id);
    let status = shown.status();
    let since = shown.since();

    // The row glows when its status changes, not when it comes into view. Two names for one animation: a second
    // change starts it again.
    let before = StoredValue::new(None);
    let turns = StoredValue::new(0_u32);
    let class = move || {
        let now = (status.get(), since.get());
        if before.get_value().is_some_and(|before| before != now) {
            turns.update_value(|turns| *turns = turns.wrapping_add(1));
        }
        before.set_value(Some(now));
        let glow = match turns.get_value() {
            0 => "",
            odd if odd % 2 == 1 => " row--changed",
            _ => " row--changed-again",
        };
        format!("row row--{}{glow}", now.0.key())
    };
    // By the list itself: a number that is counted in the page would be another for every row at each step of a scroll.
    let row_number = move || {
        let position = live.read(|fleet| fleet.position(id));
        position.map_or_else(String::new, |position| (position + 2).to_string())
    };
    let name = shown.text(|agent| agent.name.clone());
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
    let tick = rows.may_tick.then(|| {
        let ticked = told::flag(move || rows.selection.with(|selection| selection.has(id)));
        view! {
            <td class="cell cell--tick" role="cell">
                <input class="tick" type="checkbox" tabindex="-1" aria-label=name prop:checked=ticked />
            </td>
        }
    });
    view! {
        <tr
            class=told::text(class)
            role="row"
            aria-rowindex=told::text(row_number)
            aria-selected=told::maybe(move || (rows.opened.get() == Opened::Agent(id)).then_some("true"))
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
                    href=told::text(move || format!("/agents/{id}{}", rows.view.with(View::to_query)))
                    data-agent=id.to_string()
                    tabindex=told::text(move || if reached.get() { "0" } else { "-1" }.to_owned())
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

/// The row of an agent that the server has yet to tell of: as high as any.
#[component]
pub(crate) fn AwaitedRow(rows: Rows) -> impl IntoView {
    let cells = if rows.may_tick { "9" } else { "8" };
    view! {
        <tr class="row row--awaited" aria-hidden="true">
            <td class="cell" colspan=cells>"…"</td>
        </tr>
    }
}
