//! The table of agents: only the rows on the screen are in the page, however many there are.

use core::ops::Range;

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::AgentId;
use rollcall_shared::feed::table::Query;
use wasm_bindgen_futures::spawn_local;

use crate::feed::live::Live;
use crate::feed::mirror::Fleet;
use crate::feed::socket::Feed;
use crate::route::Opened;
use crate::table::column::{Column, Columns};
use crate::table::selection::{List, Selection};
use crate::table::view::View;
use crate::table::window::{self, Window};
use crate::ui::headings::Headings;
use crate::ui::pool::Pool;
use crate::ui::row::AgentRow;
use crate::ui::told;
use crate::ui::viewport::{TABLE, Viewport};
use crate::ui::walk;

/// What to do with the list, or where it cannot be had.
type Then = Box<dyn FnOnce(Option<&List>)>;

/// What stands at a place of the list, for the page to know it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// An agent.
    Agent(AgentId),
    /// One that the server has yet to tell of, by its position.
    Awaited(usize),
    /// Nobody: the row is not in the page.
    Nowhere,
}

impl Place {
    /// The agent, where it is known.
    pub(crate) const fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Awaited(_) | Self::Nowhere => None,
        }
    }
}

/// The rows to show, and what may be done with them.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// The feed, which is asked for them.
    pub(crate) feed: Feed,
    /// What it told.
    pub(crate) live: Live,
    /// What the table shows; the addresses of agents keep it.
    pub(crate) view: Memo<View>,
    /// The list that is shown: the same with what is being typed.
    pub(crate) query: Memo<Query>,
    /// What is opened beside it.
    pub(crate) opened: Memo<Opened>,
    /// A heading was clicked.
    pub(crate) sort_by: Callback<Column>,
    /// An agent is to be shown.
    pub(crate) open: Callback<AgentId>,
    /// Those that are ticked.
    pub(crate) selection: RwSignal<Selection>,
    /// Whether this person may act upon agents, and so tick them.
    pub(crate) may_tick: bool,
}

impl Rows {
    /// How many there are; tracked.
    pub(crate) fn count(self) -> usize {
        self.live.read(Fleet::total)
    }

    /// Ticks an agent, or unticks it; or all from the one before to it.
    pub(crate) fn tick(self, id: AgentId, stretch: bool) {
        if stretch {
            self.reach(None, id);
        } else {
            self.selection.update(|selection| selection.turn(id));
        }
    }

    /// Ticks a stretch, as [`Selection::reach`] does. While the list is on its way that the one before waits for, the
    /// stretch reaches to the newest.
    pub(crate) fn reach(self, from: Option<AgentId>, to: AgentId) {
        let selection = self.selection;
        if selection.try_update(|ticked| ticked.heads_for(to)) != Some(false) {
            return;
        }
        let is_enough =
            move |part: &List| selection.with_untracked(|ticked| ticked.reaches_within(part, from, to));
        self.with_list(&is_enough, move |list| {
            selection.update(|ticked| {
                if let (Some(to), Some(list)) = (ticked.arrives(), list) {
                    ticked.reach(list, from, to);
                }
            });
        });
    }

    /// Ticks all that is shown.
    pub(crate) fn tick_all(self) {
        let selection = self.selection;
        self.with_list(&|_| false, move |list| {
            if let Some(list) = list {
                selection.update(|selection| selection.all(list));
            }
        });
    }

    /// How many are ticked: of a list that is all here, those that it shows; tracked.
    pub(crate) fn ticked(self) -> usize {
        self.selection.with(|selection| {
            if selection.is_empty() {
                return 0;
            }
            self.live.read(|fleet| {
                if fleet.is_whole_list() {
                    selection.shown(&fleet.window()).len()
                } else {
                    selection.count()
                }
            })
        })
    }

    /// Does something with the list as it is now: at once where what is here is all of it or a part that is enough, and
    /// else when the server has sent it. Nothing is given where it cannot, which the page says by itself, or where
    /// something else is shown by then.
    pub(crate) fn with_list(
        self,
        is_enough: &dyn Fn(&List) -> bool,
        then: impl FnOnce(Option<&List>) + 'static,
    ) {
        self.with_list_boxed(is_enough, Box::new(then));
    }

    // Not generic, so that it is in the bundle once.
    fn with_list_boxed(self, is_enough: &dyn Fn(&List) -> bool, then: Then) {
        if self.feed.is_answered() {
            let (whole, part) = self.live.peek(|fleet| (fleet.is_whole_list(), fleet.window()));
            if whole || is_enough(&part) {
                then(Some(&part));
                return;
            }
        }
        let query = self.query.get_untracked();
        spawn_local(async move {
            let listed = self.feed.list(query.clone(), 0, usize::MAX, false).await;
            // The page may be gone by now.
            if let Some(is_same) = self.query.try_with_untracked(|now| *now == query) {
                let listed = listed.filter(|_| is_same);
                then(listed.as_ref().map(|listed| listed.agents.as_slice()));
            }
        });
    }
}

/// The table.
#[component]
pub(crate) fn AgentTable(rows: Rows) -> impl IntoView {
    let live = rows.live;
    let viewport = Viewport::new(TABLE);
    let count = move || rows.count();
    let window = move || viewport.window(count());
    let visible = Memo::new(move |_| {
        let Window { first, end, .. } = window();
        let place = |fleet: &Fleet, position| {
            let agent = fleet.at(position).map(|agent| Place::Agent(agent.id));
            agent.unwrap_or(Place::Awaited(position))
        };
        live.read(|fleet| {
            (first..end)
                .map(|position| place(fleet, position))
                .collect::<Vec<_>>()
        })
    });
    ask(rows, Memo::new(move |_| (window().first..window().end, count())));
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
    let body = NodeRef::<html::Tbody>::new();
    let owner = Owner::current().unwrap_or_default();
    let pool = StoredValue::new_local(None::<Pool>);
    Effect::new(move |_| {
        let Some(body) = body.get() else { return };
        let draw = move |place| view! { <AgentRow place rows reached /> }.into_any();
        visible.with(|visible| {
            pool.update_value(|pool| {
                let pool = pool.get_or_insert_with(|| Pool::new(body.into(), owner.clone(), Box::new(draw)));
                pool.show(visible);
            });
        });
    });
    view! {
        <div class="table" node_ref=viewport.frame on:scroll=move |_| viewport.scrolled()>
            <table class=class role="table" aria-label="Agents" aria-rowcount=told::text(move || (count() + 1).to_string())>
                <thead role="rowgroup">
                    <Headings rows />
                </thead>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=told::text(move || window::px(window().above_px))></td></tr>
                </tbody>
                <tbody role="rowgroup" node_ref=body></tbody>
                <tbody class="table__space" aria-hidden="true">
                    <tr><td style:height=told::text(move || window::px(window().below_px))></td></tr>
                </tbody>
            </table>
        </div>
    }
}

/// Asks for the rows on the screen and some more, whenever those that were asked for come to an end.
fn ask(rows: Rows, drawn: Memo<(Range<usize>, usize)>) {
    let feed = rows.feed;
    let asked = StoredValue::new(0..0);
    Effect::new(move |_| {
        let query = rows.query.get();
        let (drawn, count) = drawn.get();
        let stretch = window::stretch(drawn, count, &asked.get_value());
        asked.set_value(stretch.clone());
        feed.look(query, stretch.start, stretch.len());
    });
    on_cleanup(move || feed.look(Query::default(), 0, 0));
}
