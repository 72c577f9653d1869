//! The keyboard in the table: one row that Tab reaches, and from there the arrows. Who may act upon agents ticks them by
//! Space, by arrows with Shift, and all by Ctrl-A.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use rollcall_shared::feed::table::Query;
use wasm_bindgen::JsCast as _;
use web_sys::KeyboardEvent;

use crate::feed::mirror::Fleet;
use crate::keys;
use crate::ui::table::{Place, Rows};
use crate::ui::viewport::Viewport;

/// Where the arrows are the table's: elsewhere they scroll, or belong to what has the keyboard.
const OWN: &str = ".table, .search";

/// Where the keyboard is in the list.
#[derive(Clone, Copy, Default)]
struct At {
    agent: Option<AgentId>,
    /// Where that one stood when it was last in the window.
    position: Option<usize>,
    /// Where it is on its way to, until the server tells who stands there; and whether it takes all up to there along.
    awaited: Option<(usize, bool)>,
}

/// Lets the arrows walk the rows. Answers the row that Tab reaches: where the keyboard was last, or the first.
pub(crate) fn walk(rows: Rows, viewport: Viewport, visible: Memo<Vec<Place>>) -> Memo<Option<AgentId>> {
    let live = rows.live;
    let at = RwSignal::new(At::default());
    Effect::new(move |_| {
        if let Some(opened) = rows.opened.get().agent() {
            at.update(|at| at.agent = Some(opened));
        }
    });
    // Who stands where the keyboard goes to.
    let arrive = move |position: usize, stretch: bool| {
        let Some(id) = live.peek(|fleet| fleet.at(position).map(|agent| agent.id)) else {
            at.update(|at| at.awaited = Some((position, stretch)));
            return;
        };
        let before = at.with_untracked(|at| at.agent);
        if rows.may_tick && stretch {
            rows.reach(before, id);
        }
        at.set(At {
            agent: Some(id),
            position: Some(position),
            awaited: None,
        });
        // A row that only now comes into the page is there at the next frame.
        if !focus_row(id) {
            request_animation_frame(move || {
                focus_row(id);
            });
        }
    };
    // Whoever does something else meanwhile is not taken away from that.
    Effect::new(move |before: Option<Query>| {
        let now = rows.query.get();
        rows.opened.get();
        at.update(|at| {
            at.awaited = None;
            if before.is_some_and(|before| before != now) {
                // Of another list.
                at.position = None;
            }
        });
        now
    });
    Effect::new(move |_| {
        live.version();
        match at.with_untracked(|at| at.awaited) {
            Some((position, stretch)) if is_free() => arrive(position, stretch),
            Some(_) => at.update(|at| at.awaited = None),
            None => {}
        }
    });
    keys::on_key(move |event| {
        if !keys::is_free_or_in(event, OWN) {
            return;
        }
        // The row that has the keyboard, or had it last.
        if let Some(here) = agent_at(event) {
            at.update(|at| {
                at.agent = Some(here);
                at.position = rows.live.peek(|fleet| fleet.position(here));
                at.awaited = None;
            });
        }
        let here = at.get_untracked();
        if rows.may_tick
            && event.key() == " "
            && is_in(event, "[data-agent]")
            && let Some(id) = here.agent
        {
            event.prevent_default();
            rows.tick(id, event.shift_key());
            return;
        }
        let Some(next) = step(event, rows, here, viewport.page()) else {
            return;
        };
        event.prevent_default();
        viewport.show(next, rows.live.peek(Fleet::total));
        arrive(next, event.shift_key());
    });
    if rows.may_tick {
        keys::on_chord(move |event| {
            if event.key() == "a" && !keys::is_typing(event) && keys::is_free_or_in(event, OWN) {
                event.prevent_default();
                rows.tick_all();
            }
        });
    }
    Memo::new(move |_| {
        let at = at.with(|at| at.agent).map(Place::Agent);
        let reached = visible.with(|visible| {
            at.filter(|at| visible.contains(at))
                .or_else(|| visible.iter().find(|place| place.agent().is_some()).copied())
        });
        reached.and_then(Place::agent)
    })
}

/// Whether the keyboard is in the table still, or nowhere: the row that had it may be out of the page.
fn is_free() -> bool {
    let active = document().active_element();
    active.is_none_or(|active| active.tag_name() == "BODY" || matches!(active.closest(OWN), Ok(Some(_))))
}

/// Where a key goes from where the keyboard is: a position in the list.
fn step(event: &KeyboardEvent, rows: Rows, at: At, page: usize) -> Option<usize> {
    let key = event.key();
    if keys::is_typing(event) && key != "ArrowDown" {
        return None;
    }
    rows.live.peek(|fleet| {
        let last = fleet.total().checked_sub(1)?;
        let now = at.awaited.map(|(position, _)| position);
        let now = now.or_else(|| fleet.position(at.agent?)).or(at.position);
        let next = match (key.as_str(), now) {
            ("ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", None) | ("Home", _) => 0,
            ("ArrowDown", Some(now)) => now + 1,
            ("ArrowUp", Some(now)) => now.saturating_sub(1),
            ("PageDown", Some(now)) => now + page,
            ("PageUp", Some(now)) => now.saturating_sub(page),
            ("End", _) => last,
            _ => return None,
        };
        Some(next.min(last))
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
