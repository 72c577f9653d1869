//! The table of agents: only the rows on the screen are in the page, however many there are.

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::AgentId;
use wasm_bindgen::prelude::*;
use web_sys::{KeyboardEvent, ResizeObserver};

use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::keys;
use crate::table::order::Order;
use crate::table::view::{Column, Sort};
use crate::table::window::{self, ROW_PX, Window};
use crate::ui::row::AgentRow;

/// The height of a row on a phone, where it has two lines; as `style/table.css` has it.
const TWO_LINES_PX: f64 = 60.0;
/// Where that begins; as `style/table.css` has it.
const PHONE: &str = "(max-width: 719px)";
/// What the head takes of the scrolled frame.
const HEAD_PX: f64 = 36.0;

/// The rows to show, and what may be done with them.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// Their order.
    pub(crate) order: StoredValue<Order, LocalStorage>,
    /// Counts the changes of the order; a signal to look at it again.
    pub(crate) version: Memo<u32>,
    /// In which order they stand.
    pub(crate) sort: Memo<Sort>,
    /// Whose panel is open.
    pub(crate) opened: Memo<Option<AgentId>>,
    /// The query of the page's address, which the pages of agents keep.
    pub(crate) query: Memo<String>,
    /// A heading was clicked.
    pub(crate) sort_by: Callback<Column>,
    /// An agent is to be shown.
    pub(crate) open: Callback<AgentId>,
}

/// The table.
#[component]
pub(crate) fn AgentTable(rows: Rows) -> impl IntoView {
    let live = expect_context::<Live>();
    let frame = NodeRef::<html::Div>::new();
    let top = RwSignal::new(0.0_f64);
    let height = RwSignal::new(1_000.0_f64);
    let row_px = RwSignal::new(ROW_PX);
    measure(frame, height, row_px);

    let count = Memo::new(move |_| {
        rows.version.track();
        rows.order.with_value(|order| order.places().len())
    });
    let window =
        Memo::new(move |_| window::window(count.get(), row_px.get(), top.get(), height.get() - HEAD_PX));
    let visible = Memo::new(move |_| {
        rows.version.track();
        let Window { first, end, .. } = window.get();
        live.read(|fleet| {
            rows.order.with_value(|order| {
                let places = order.places().get(first..end).unwrap_or_default();
                places
                    .iter()
                    .filter_map(|place| Some(fleet.at(*place)?.id))
                    .collect::<Vec<_>>()
            })
        })
    });
    watch(rows, visible);

    // Where the keyboard is: one row that Tab reaches, and from there the arrows.
    let at = RwSignal::new(None::<AgentId>);
    Effect::new(move |_| {
        if let Some(opened) = rows.opened.get() {
            at.set(Some(opened));
        }
    });
    let reached = Memo::new(move |_| {
        let at = at.get();
        visible.with(|visible| {
            at.filter(|at| visible.contains(at))
                .or_else(|| visible.first().copied())
        })
    });
    let walk = move |event: &KeyboardEvent| {
        let Some(frame) = frame.get_untracked() else {
            return;
        };
        let page = ((height.get_untracked() - HEAD_PX) / row_px.get_untracked()).max(1.0);
        let Some(next) = step(event, live, rows, at.get_untracked(), page) else {
            return;
        };
        event.prevent_default();
        let (index, id) = next;
        at.set(Some(id));
        let inner_px = height.get_untracked() - HEAD_PX;
        let all = rows.order.with_value(|order| order.places().len());
        if let Some(to) = window::scroll_to(index, all, row_px.get_untracked(), top.get_untracked(), inner_px)
        {
            frame.set_scroll_top(pixel(to));
            top.set(to);
        }
        // The row may only now come into the page.
        request_animation_frame(move || focus(id));
    };
    keys::on_key(walk);

    let heading = move |column: Column| {
        let sorted = move || {
            let sort = rows.sort.get();
            (sort.column == column).then_some(if sort.descending {
                "descending"
            } else {
                "ascending"
            })
        };
        view! {
            <th class=format!("head head--{}", column.key()) role="columnheader" scope="col" aria-sort=sorted>
                <button class="head__sort" on:click=move |_| rows.sort_by.run(column)>
                    {column.heading()}
                    <span class="head__arrow" aria-hidden="true">
                        {move || match sorted() {
                            Some("ascending") => "↑",
                            Some(_) => "↓",
                            None => "",
                        }}
                    </span>
                </button>
            </th>
        }
    };
    let plain = |class: &'static str, name: &'static str| {
        view! { <th class=format!("head head--{class}") role="columnheader" scope="col">{name}</th> }
    };
    view! {
        <div
            class="table"
            node_ref=frame
            on:scroll=move |_| {
                if let Some(frame) = frame.get_untracked() {
                    top.set(f64::from(frame.scroll_top()));
                }
            }
        >
            <table class="table__grid" role="table" aria-label="Agents" aria-rowcount=move || count.get() + 1>
                <thead role="rowgroup">
                    <tr role="row" aria-rowindex="1">
                        {Column::ALL.map(heading).collect_view()}
                        {plain("address", "Address")}
                        {plain("version", "Version")}
                        {plain("cause", "Why")}
                    </tr>
                </thead>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=move || format!("{}px", window.get().above_px)></td></tr>
                </tbody>
                <tbody role="rowgroup">
                    <ForEnumerate
                        each=move || visible.get()
                        key=|id| *id
                        children=move |index, id| {
                            view! {
                                <AgentRow
                                    id
                                    index=Signal::derive(move || window.get().first + index.get())
                                    address=Signal::derive(move || format!("/agents/{id}{}", rows.query.get()))
                                    opened=Signal::derive(move || rows.opened.get() == Some(id))
                                    reached=Signal::derive(move || reached.get() == Some(id))
                                    open=rows.open
                                />
                            }
                        }
                    />
                </tbody>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=move || format!("{}px", window.get().below_px)></td></tr>
                </tbody>
            </table>
        </div>
    }
}

/// Keeps the height of the frame and of its rows.
fn measure(frame: NodeRef<html::Div>, height: RwSignal<f64>, row_px: RwSignal<f64>) {
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let seen = frame.clone();
        let measured = Closure::<dyn FnMut()>::new(move || {
            let phone = window()
                .match_media(PHONE)
                .ok()
                .flatten()
                .is_some_and(|query| query.matches());
            height.set(f64::from(seen.client_height()));
            row_px.set(if phone { TWO_LINES_PX } else { ROW_PX });
        });
        let Ok(observer) = ResizeObserver::new(measured.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&frame);
        let held = StoredValue::new_local(Some((observer, measured)));
        on_cleanup(move || {
            if let Some(Some((observer, _closure))) = held.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    });
}

/// Has the contacts of the rows on the screen sent, once the scrolling rests.
fn watch(rows: Rows, visible: Memo<Vec<AgentId>>) {
    const REST: core::time::Duration = core::time::Duration::from_millis(150);
    let live = expect_context::<Live>();
    let feed = expect_context::<Feed>();
    let wanted = StoredValue::new(Vec::<u32>::new());
    let waiting = StoredValue::new(false);
    Effect::new(move |_| {
        feed.snapshots();
        let opened = rows.opened.get();
        let numbers = visible.with(|visible| {
            live.peek(|fleet| {
                let ids = visible.iter().copied().chain(opened);
                ids.filter_map(|id| fleet.agent(id))
                    .map(|agent| agent.row)
                    .collect()
            })
        });
        wanted.set_value(numbers);
        if !waiting.get_value() {
            waiting.set_value(true);
            set_timeout(
                move || {
                    if let Some(numbers) = wanted.try_get_value() {
                        waiting.set_value(false);
                        feed.watch(numbers);
                    }
                },
                REST,
            );
        }
    });
    on_cleanup(move || feed.watch(Vec::new()));
}

/// Where a key goes from the row `at`: its index and its agent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few dozen rows"
)]
fn step(
    event: &KeyboardEvent,
    live: Live,
    rows: Rows,
    at: Option<AgentId>,
    page: f64,
) -> Option<(usize, AgentId)> {
    let page = page as usize;
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

fn focus(id: AgentId) {
    let link = document()
        .query_selector(&format!("[data-agent=\"{id}\"]"))
        .ok()
        .flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A row that went away meanwhile cannot take the focus.
        let _ = link.focus();
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "tables are at most 15 million pixels high"
)]
fn pixel(px: f64) -> i32 {
    px.round() as i32
}
