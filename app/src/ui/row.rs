//! A row of the table: an agent, live.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use wasm_bindgen::JsCast as _;

use crate::ui::age::Age;
use crate::ui::mark::StatusWord;
use crate::ui::shown::{LastContact, Shown};
use crate::ui::told;

/// The row of an agent. It is drawn anew only where what it shows changed.
#[component]
pub(crate) fn AgentRow(
    /// Whose.
    id: AgentId,
    /// Where in the whole table it stands, from 0.
    #[prop(into)]
    index: Signal<usize>,
    /// Its page, with what the table shows.
    #[prop(into)]
    address: Signal<String>,
    /// Whether its panel is open.
    #[prop(into)]
    opened: Signal<bool>,
    /// Whether Tab comes here.
    #[prop(into)]
    reached: Signal<bool>,
    /// Somebody wants to see it.
    #[prop(into)]
    open: Callback<AgentId>,
) -> impl IntoView {
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
    let address_text = shown.text(|agent| {
        agent
            .address
            .map_or_else(String::new, |address| address.to_string())
    });
    view! {
        <tr
            class=told::text(class)
            role="row"
            aria-rowindex=told::text(move || (index.get() + 2).to_string())
            aria-selected=told::maybe(move || opened.get().then_some("true"))
            on:click=move |event| {
                // The name is a link, which the router follows; a row that followed too would go there twice.
                if !event.target().is_some_and(|target| is_in_link(&target)) {
                    open.run(id);
                }
            }
        >
            <td class="cell cell--name" role="cell">
                <a href=address data-agent=id.to_string() tabindex=told::text(move || if reached.get() { "0" } else { "-1" }.to_owned())>
                    {shown.text(|agent| agent.name.clone())}
                </a>
            </td>
            <td class="cell cell--status" role="cell"><StatusWord status /></td>
            <td class="cell cell--since" role="cell"><Age at_ms=since /></td>
            <td class="cell cell--contact" role="cell"><LastContact shown /></td>
            <td class="cell cell--address" role="cell" title=address_text>{address_text}</td>
            <td class="cell cell--version" role="cell">{shown.text(|agent| agent.agent_version.clone())}</td>
            <td class="cell cell--cause" role="cell">{shown.text(|agent| agent.cause.phrase())}</td>
        </tr>
    }
}

fn is_in_link(target: &web_sys::EventTarget) -> bool {
    let element = target.dyn_ref::<web_sys::Element>();
    element.is_some_and(|element| matches!(element.closest("a"), Ok(Some(_))))
}
