//! A row of the table: an agent, live.

use leptos::prelude::*;
use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, Status};

use crate::feed::live::Live;
use crate::ui::age::Age;
use crate::ui::mark::StatusWord;

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
    let live = expect_context::<Live>();
    let agent = Memo::new(move |_| live.read(|fleet| fleet.agent(id).cloned()));
    let told = move |tell: fn(&Row) -> String| move || agent.with(|agent| agent.as_ref().map(tell));
    let status =
        Memo::new(move |_| agent.with(|agent| agent.as_ref().map_or(Status::Pending, |agent| agent.status)));
    let since = Memo::new(move |_| agent.with(|agent| agent.as_ref().map_or(0, |agent| agent.since_ms)));
    let contact = Memo::new(move |_| agent.with(|agent| agent.as_ref().and_then(|agent| agent.last_contact)));
    let heard = Memo::new(move |_| contact.get().is_some());
    let heard_at = Memo::new(move |_| contact.get().map_or(0, |(at_ms, _)| at_ms));
    let heard_by = Memo::new(move |_| contact.get().map(|(_, kind)| format!(" · {kind}")));

    // The row glows when its status changes, not when it comes into view. Two names for one animation: a second
    // change starts it again.
    let glow = Memo::new(move |before: Option<&(Status, i64, u8)>| {
        let now = (status.get(), since.get());
        let turn = before.map_or(0, |(status, since, turn)| {
            if (*status, *since) == now {
                *turn
            } else {
                1 + *turn % 2
            }
        });
        (now.0, now.1, turn)
    });
    let class = move || {
        let glow = match glow.get().2 {
            1 => " row--changed",
            2 => " row--changed-again",
            _ => "",
        };
        format!("row row--{}{glow}", status.get().key())
    };
    let address_text = move || {
        told(|agent| {
            agent
                .address
                .map_or_else(String::new, |address| address.to_string())
        })
    };
    view! {
        <tr
            class=class
            role="row"
            aria-rowindex=move || index.get() + 2
            aria-selected=move || opened.get().then_some("true")
            on:click=move |_| open.run(id)
        >
            <td class="cell cell--name" role="cell">
                <a href=address data-agent=id.to_string() tabindex=move || if reached.get() { "0" } else { "-1" } on:click=|event| event.stop_propagation()>
                    {told(|agent| agent.name.clone())}
                </a>
            </td>
            <td class="cell cell--status" role="cell"><StatusWord status /></td>
            <td class="cell cell--since" role="cell"><Age at_ms=since /></td>
            <td class="cell cell--contact" role="cell">
                <Show when=move || heard.get() fallback=|| "never">
                    <Age at_ms=heard_at />
                    {heard_by}
                </Show>
            </td>
            <td class="cell cell--address" role="cell" title=address_text()>{address_text()}</td>
            <td class="cell cell--version" role="cell">{told(|agent| agent.agent_version.clone())}</td>
            <td class="cell cell--cause" role="cell">{told(|agent| agent.cause.phrase())}</td>
        </tr>
    }
}
