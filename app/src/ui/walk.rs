//! The keyboard in the table: one row that Tab reaches, and from there the arrows. Who may act upon agents ticks them by
//! Space, by arrows with Shift, and all by Ctrl-A.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use wasm_bindgen::JsCast as _;
use web_sys::KeyboardEvent;

use crate::feed::live::Live;
use crate::keys;
use crate::ui::table::Rows;
use crate::ui::viewport::Viewport;

/// Where the arrows are the table's: elsewhere they scroll, or belong to what has the keyboard.
const OWN: &str = ".table, .search";

/// Lets the arrows walk the rows. Answers the row that Tab reaches: where the keyboard was last, or the first.
pub(crate) fn walk(rows: Rows, viewport: Viewport, visible: Memo<Vec<AgentId>>) -> Memo<Option<AgentId>> {
    let live = expect_context::<Live>();
    let at = RwSignal::new(None::<AgentId>);
    Effect::new(move |_| {
        if let Some(opened) = rows.opened.get().agent() {
            at.set(Some(opened));
        }
    });
    keys::on_key(move |event| {
        if !keys::is_free_or_in(event, OWN) {
            return;
        }
        // The row that has the keyboard, or had it last.
        let here = agent_at(event).or(at.get_untracked());
        if rows.may_tick
            && event.key() == " "
            && is_in(event, "[data-agent]")
            && let Some(id) = here
        {
            event.prevent_default();
            rows.tick(live, id, event.shift_key());
            return;
        }
        let Some((index, id)) = step(event, live, rows, here, viewport.page()) else {
            return;
        };
        event.prevent_default();
        if rows.may_tick && event.shift_key() {
            rows.select(live, |selection, fleet, order| {
                selection.reach(fleet, order, here, id);
            });
        }
        at.set(Some(id));
        viewport.show(index, rows.order.with_value(|order| order.places().len()));
        // A row that only now comes into the page is there at the next frame.
        if !focus_row(id) {
            request_animation_frame(move || {
                focus_row(id);
            });
        }
    });
    if rows.may_tick {
        keys::on_chord(move |event| {
            if event.key() == "a" && !keys::is_typing(event) && keys::is_free_or_in(event, OWN) {
                event.prevent_default();
                rows.tick_all(live);
            }
        });
    }
    Memo::new(move |_| {
        let at = at.get();
        visible.with(|visible| {
            at.filter(|at| visible.contains(at))
                .or_else(|| visible.first().copied())
        })
    })
}

/// Where a key goes from the row `at`: its index and its agent.
fn step(
    event: &KeyboardEvent,
    live: Live,
    rows: Rows,
    at: Option<AgentId>,
    page: usize,
) -> Option<(usize, AgentId)> {
    let key = event.key();
    if keys::is_typing(event) && key != "ArrowDown" {
        return None;
    }
    live.peek(|fleet| {
        rows.order.with_value(|order| {
            let last = order.places().len().checked_sub(1)?;
            let now = at
                .and_then(|id| fleet.place(id))
                .and_then(|place| order.position(place));
            let next = match (key.as_str(), now) {
                ("ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", None) | ("Home", _) => 0,
                ("ArrowDown", Some(now)) => now + 1,
                ("ArrowUp", Some(now)) => now.saturating_sub(1),
                ("PageDown", Some(now)) => now + page,
                ("PageUp", Some(now)) => now.saturating_sub(page),
                ("End", _) => last,
                _ => return None,
            };
            let index = next.min(last);
            Some((index, fleet.at(*order.places().get(index)?)?.id))
        })
    })
}

/// Moves the keyboard to the row of an agent. Answers whether the row is there.
pub(crate) fn focus_row(id: AgentId) -> bool {
    focus(&format!("[data-agent=\"{id}\"]"))
}

/// Moves the keyboard to what a selector names. Answers whether it is there.
pub(crate) fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let found = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
    found.is_some_and(|found| found.focus().is_ok())
}

/// Whether an event is about something within what the selector names.
pub(crate) fn is_in(event: &web_sys::Event, selector: &str) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| matches!(element.closest(selector), Ok(Some(_))))
}

/// The agent whose row an event is about.
fn agent_at(event: &KeyboardEvent) -> Option<AgentId> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.get_attribute("data-agent")?.parse().ok()
}
