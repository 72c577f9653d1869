//! The table of agents: only the rows on the screen are in the page, however many there are.

use core::time::Duration;

use leptos::prelude::*;
use rollcall_shared::AgentId;

use crate::feed::live::Live;
use crate::feed::mirror::Fleet;
use crate::feed::socket::Feed;
use crate::route::Opened;
use crate::table::column::{Column, Columns};
use crate::table::order::Order;
use crate::table::selection::Selection;
use crate::table::view::View;
use crate::table::window::{self, Window};
use crate::ui::headings::Headings;
use crate::ui::row::AgentRow;
use crate::ui::told;
use crate::ui::viewport::{TABLE, Viewport};
use crate::ui::walk;

/// The rows on the screen are told to the server once the scrolling rests for so long.
const REST: Duration = Duration::from_millis(150);

/// The rows to show, and what may be done with them.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// Their order.
    pub(crate) order: StoredValue<Order, LocalStorage>,
    /// Counts the changes of the order; a signal to look at it again.
    pub(crate) version: Memo<u32>,
    /// What the table shows; the addresses of agents keep it.
    pub(crate) view: Memo<View>,
    /// What is opened beside it.
    pub(crate) opened: Memo<Opened>,
    /// A heading was clicked.
    pub(crate) sort_by: Callback<Column>,
    /// An agent is to be shown.
    pub(crate) open: Callback<AgentId>,
    /// Those that are ticked.
    pub(crate) selection: RwSignal<Selection>,
    /// How many of them are shown.
    pub(crate) ticked: Memo<usize>,
    /// Whether this person may act upon agents, and so tick them.
    pub(crate) may_tick: bool,
}

impl Rows {
    /// Reads the order; tracked.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Order) -> T) -> T {
        // Read, not only tracked: reading is what brings the order up to date.
        self.version.get();
        self.order.with_value(read)
    }

    /// Ticks an agent, or unticks it; or all from the one before to it.
    pub(crate) fn tick(self, live: Live, id: AgentId, stretch: bool) {
        self.select(live, |selection, fleet, order| {
            if stretch {
                selection.reach(fleet, order, None, id);
            } else {
                selection.turn(id);
            }
        });
    }

    /// Ticks all that is shown.
    pub(crate) fn tick_all(self, live: Live) {
        self.select(live, Selection::all);
    }

    /// Changes what is ticked.
    pub(crate) fn select(self, live: Live, change: impl FnOnce(&mut Selection, &Fleet, &Order)) {
        live.peek(|fleet| {
            self.order
                .with_value(|order| self.selection.update(|selection| change(selection, fleet, order)));
        });
    }
}

/// The table.
#[component]
pub(crate) fn AgentTable(rows: Rows) -> impl IntoView {
    let live = expect_context::<Live>();
    let viewport = Viewport::new(TABLE);
    let count = move || rows.read(|order| order.places().len());
    let window = move || viewport.window(count());
    let visible = Memo::new(move |_| {
        let Window { first, end, .. } = window();
        live.read(|fleet| {
            rows.read(|order| {
                let places = order.places().get(first..end).unwrap_or_default();
                let agents = places.iter().filter_map(|place| Some(fleet.at(*place)?.id));
                agents.collect::<Vec<_>>()
            })
        })
    });
    watch(rows, visible);
    let reached = walk::walk(rows, viewport, visible);
    let class = told::text(move || {
        let columns = rows.view.with(|view| view.columns);
        let mut class = "table__grid".to_owned();
        class.push_str(if columns.is_automatic() {
            " table__grid--auto"
        } else {
            " table__grid--chosen"
        });
        for column in Columns::choices().filter(|column| !columns.has(*column)) {
            class.push_str(" table__grid--no-");
            class.push_str(column.key());
        }
        class
    });
    let row = move |id: AgentId| {
        view! { <AgentRow id rows reached=Signal::derive(move || reached.get() == Some(id)) /> }
    };
    view! {
        <div class="table" node_ref=viewport.frame on:scroll=move |_| viewport.scrolled()>
            <table class=class role="table" aria-label="Agents" aria-rowcount=told::text(move || (count() + 1).to_string())>
                <thead role="rowgroup">
                    <Headings rows />
                </thead>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=told::text(move || window::px(window().above_px))></td></tr>
                </tbody>
                <tbody role="rowgroup">
                    <For each=move || visible.get() key=|id| *id children=row />
                </tbody>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=told::text(move || window::px(window().below_px))></td></tr>
                </tbody>
            </table>
        </div>
    }
}

/// Has the contacts of the rows on the screen sent, once the scrolling rests.
fn watch(rows: Rows, visible: Memo<Vec<AgentId>>) {
    let live = expect_context::<Live>();
    let feed = expect_context::<Feed>();
    let wanted = StoredValue::new(Vec::<u32>::new());
    let waiting = StoredValue::new(false);
    Effect::new(move |_| {
        feed.snapshots();
        let opened = rows.opened.get().agent();
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
