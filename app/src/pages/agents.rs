//! `/agents`: everyone, live; the address says which of them, and in which order.

mod address;
mod beside;
mod empty;

use leptos::prelude::*;
use rollcall_shared::{AgentId, DomainId, Status};
use wasm_bindgen_futures::spawn_local;

use address::Address;
use beside::Beside;
use empty::{Nobody, NoneFits};

use crate::clock;
use crate::feed::live::Live;
use crate::feed::mirror::Fleet;
use crate::feed::socket::Feed;
use crate::keys;
use crate::pages::agent::AgentPanel;
use crate::people::People;
use crate::route::Opened;
use crate::table::column::{Column, Columns};
use crate::table::csv;
use crate::table::selection::Selection;
use crate::table::view::View;
use crate::ui::add_agent::AddAgent;
use crate::ui::counts::Counts;
use crate::ui::save;
use crate::ui::selected::Selected;
use crate::ui::table::{AgentTable, Rows};
use crate::ui::title;
use crate::ui::toast::{Toast, Toasts};
use crate::ui::told::{self, If};
use crate::ui::toolbar::Toolbar;
use crate::ui::tree::DomainTree;
use crate::ui::walk;

/// Where the tree has room beside the table from the start; as `style/tree.css` has it.
const ROOMY: &str = "(min-width: 1100px)";

/// The page.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    let live = expect_context::<Live>();
    let address = Address::new();
    let search = address.search;
    address::follow(address);
    // The table follows every letter; the address follows later.
    let view = Memo::new(move |_| View {
        search: search.get(),
        ..address.view.get()
    });

    let feed = expect_context::<Feed>();
    let opened = Memo::new(move |_| address.path.with(|path| Opened::at(path)));
    title::use_live_title(move || {
        let name = |id| live.read(|fleet| fleet.agent(id).map(|agent| agent.name.clone()));
        let opened = opened.get().agent().and_then(name);
        opened.unwrap_or_else(|| "Agents".to_owned())
    });
    take_along(opened);
    Effect::new(move |_| feed.open(opened.get().agent()));
    let rows = Rows {
        feed,
        live,
        view: address.view,
        query: Memo::new(move |_| view.with(View::query)),
        opened,
        sort_by: Callback::new(move |column: Column| {
            address.change(|view| view.sort = view.sort.clicked(column));
        }),
        open: Callback::new(move |id: AgentId| address.go(&format!("/agents/{id}"))),
        selection: ticking(view),
        may_tick: expect_context::<People>().may_change(),
    };
    leave_by_escape(address, opened, rows);
    let shown = move || rows.count();
    let beside = move || match opened.get() {
        Opened::Nothing => view! { <Beside /> }.into_any(),
        opened => view! { <AgentPanel opened /> }.into_any(),
    };
    let class = told::text(move || match opened.get() {
        Opened::Nothing => "agents".to_owned(),
        Opened::Agent(_) | Opened::Unreadable => "agents agents--open".to_owned(),
    });
    let waiting = told::text(move || {
        if live.has_arrived() {
            "agents__table"
        } else {
            "agents__table agents__table--waiting"
        }
        .to_owned()
    });
    let adding = RwSignal::new(false);
    let tree = RwSignal::new(is_roomy());
    let toasts = Toasts::new();
    provide_context(toasts);
    let choose = choosing(address);
    let choose_columns = Callback::new(move |chosen: Columns| address.choose(chosen));
    let save = Callback::new(move |()| {
        spawn_local(async move {
            if let Err(words) = save_as_file(rows, view.get_untracked()).await {
                toasts.say(words.to_owned(), None);
            }
        });
    });
    let all = told::text(move || {
        if tree.get() {
            "agents__all agents__all--tree"
        } else {
            "agents__all"
        }
        .to_owned()
    });
    let nobody = Memo::new(move |_| live.has_arrived() && live.read(Fleet::count_all) == 0);
    let none_fit = Memo::new(move |_| live.has_arrived() && !nobody.get() && shown() == 0);
    view! {
        <div class=class>
            <section class=all aria-label="All agents">
                <Counts
                    view
                    pressed=Callback::new(move |status: Status| view.with(|view| view.statuses.has(status)))
                    toggle=Callback::new(move |status: Status| {
                        address.change(|view| view.statuses = view.statuses.toggled(status));
                    })
                />
                <DomainTree view choose shown=tree />
                <Toolbar search shown=Signal::derive(shown) adding view tree choose=choose_columns save />
                <If so=nobody.into()>
                    <Nobody adding />
                </If>
                <If so=none_fit.into()>
                    <NoneFits view address />
                </If>
                <div class=waiting hidden=told::flag(move || nobody.get() || none_fit.get())>
                    <AgentTable rows />
                </div>
                {rows.may_tick.then(|| view! { <Selected rows /> })}
            </section>
            {beside}
        </div>
        <Toast />
        <AddAgent open=adding into=Signal::derive(move || view.with(|view| view.domain.unwrap_or_default())) />
    }
}

/// Saves what is shown, in its order and with its columns.
///
/// # Errors
///
/// Where the list cannot be had, or the browser has no room for the file: what to tell.
async fn save_as_file(rows: Rows, view: View) -> Result<(), &'static str> {
    let listed = rows.feed.list(view.query(), 0, usize::MAX, true).await;
    let listed = listed.ok_or("Not saved: the server does not answer just now.")?;
    let text = rows
        .live
        .peek(|fleet| csv::write(fleet.tree(), &listed.rows, &view));
    // Colons are not for the names of files everywhere.
    let now = clock::local(clock::now_ms()).machine_readable();
    let when = now.trim_end_matches('Z').replace(':', "-");
    let saved = save::save(&format!("rollcall-agents-{when}.csv"), "text/csv", &text);
    saved.map_err(|_| "The browser has no room for the file.")
}

/// Whether there is room for the tree beside the table.
fn is_roomy() -> bool {
    let roomy = window().match_media(ROOMY).ok().flatten();
    roomy.is_some_and(|roomy| roomy.matches())
}

/// What choosing a domain does: the one that holds all is no filter, and a second choice takes a filter away.
fn choosing(address: Address) -> Callback<DomainId> {
    Callback::new(move |id: DomainId| {
        address.change(|view| {
            view.domain = (view.domain != Some(id) && id != DomainId::ROOT).then_some(id);
        });
    })
}

/// What is ticked. When other agents are shown all is unticked: nobody acts upon what was ticked among others.
fn ticking(view: Memo<View>) -> RwSignal<Selection> {
    let selection = RwSignal::new(Selection::default());
    Effect::new(move |before: Option<View>| {
        let now = view.get();
        if before.is_some_and(|before| !before.shows_as(&now)) {
            selection.update(Selection::clear);
        }
        now
    });
    selection
}

/// Escape closes the panel, and where there is none unticks all.
fn leave_by_escape(address: Address, opened: Memo<Opened>, rows: Rows) {
    keys::on_key(move |event| {
        if event.key() != "Escape" {
            return;
        }
        if opened.get_untracked() != Opened::Nothing {
            address.go("/agents");
        } else if rows.selection.with_untracked(|ticked| !ticked.is_empty()) {
            rows.selection.update(Selection::clear);
        }
    });
}

/// Takes the keyboard into the panel that opens, and back to the row of the one that closes. A page that is
/// opened with a panel leaves it where it is.
fn take_along(opened: Memo<Opened>) {
    Effect::new(move |before: Option<Opened>| {
        let now = opened.get();
        if let Some(before) = before.filter(|before| *before != now) {
            // What was just opened is in the page at the next frame.
            request_animation_frame(move || {
                match (now, before.agent()) {
                    (Opened::Nothing, Some(id)) => walk::focus_row(id),
                    _ => walk::focus("#panel"),
                };
            });
        }
        now
    });
}
