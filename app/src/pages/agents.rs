//! `/agents`: everyone, live; the address says which of them, and in which order.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use rollcall_shared::{AgentId, DomainId, Status};

use crate::feed::live::Live;
use crate::feed::mirror::Touched;
use crate::keys;
use crate::pages::agent::AgentPanel;
use crate::people::People;
use crate::route::Opened;
use crate::table::order::Order;
use crate::table::selection::Selection;
use crate::table::view::{Column, View};
use crate::ui::add_agent::AddAgent;
use crate::ui::counts::Counts;
use crate::ui::happening::{Happening, Line};
use crate::ui::icon::{Icon, Picture};
use crate::ui::selected::Selected;
use crate::ui::table::{AgentTable, Rows};
use crate::ui::title;
use crate::ui::told::{self, If};
use crate::ui::toolbar::Toolbar;
use crate::ui::tree::DomainTree;
use crate::ui::walk;

/// The address follows typing after so long, so that going back does not go back letter by letter.
const TYPED: Duration = Duration::from_millis(250);
/// Where the tree has room beside the table from the start; as `style/tree.css` has it.
const ROOMY: &str = "(min-width: 1100px)";

/// The page.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    let live = expect_context::<Live>();
    let address = Address::new();
    let search = address.search;
    follow(address);
    // The table follows every letter; the address follows later.
    let view = Memo::new(move |_| View {
        search: search.get(),
        ..address.view.get()
    });

    let order = StoredValue::new_local(Order::default());
    let version = keep(order, view);
    let opened = Memo::new(move |_| address.path.with(|path| Opened::at(path)));
    title::use_live_title(move || {
        let name = |id| live.read(|fleet| fleet.agent(id).map(|agent| agent.name.clone()));
        let opened = opened.get().agent().and_then(name);
        opened.unwrap_or_else(|| "Agents".to_owned())
    });
    take_along(opened);
    let selection = RwSignal::new(Selection::default());
    let ticked = Memo::new(move |_| {
        version.get();
        selection.with(|selection| {
            live.read(|fleet| order.with_value(|order| selection.shown(fleet, order).len()))
        })
    });
    forget(selection, view);
    let rows = Rows {
        order,
        version,
        view: address.view,
        opened,
        sort_by: Callback::new(move |column: Column| {
            address.change(|view| view.sort = view.sort.clicked(column));
        }),
        open: Callback::new(move |id: AgentId| address.go(&format!("/agents/{id}"))),
        selection,
        ticked,
        may_tick: expect_context::<People>().may_change(),
    };
    keys::on_key(move |event| {
        if event.key() == "Escape" {
            if opened.get_untracked() != Opened::Nothing {
                address.go("/agents");
            } else if ticked.get_untracked() > 0 {
                selection.update(Selection::clear);
            }
        }
    });

    let shown = move || rows.read(|order| order.places().len());
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
    let domain = Memo::new(move |_| view.with(|view| view.domain));
    let roomy = window().match_media(ROOMY).ok().flatten();
    let tree = RwSignal::new(roomy.is_some_and(|roomy| roomy.matches()));
    let choose = Callback::new(move |id: DomainId| {
        // The one that holds all is no filter, and a second choice takes a filter away.
        address.change(|view| {
            view.domain = (view.domain != Some(id) && id != DomainId::ROOT).then_some(id);
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
    let nobody = Memo::new(move |_| live.has_arrived() && live.read(|fleet| fleet.agents().is_empty()));
    let why_none = move || {
        view.with(
            |view| match (view.search.trim().is_empty(), view.statuses.is_empty()) {
                (false, true) => format!("No name and no address contains “{}”.", view.search.trim()),
                (false, false) => format!(
                    "None with that status has “{}” in its name or address.",
                    view.search.trim()
                ),
                (true, false) => "None has that status now.".to_owned(),
                (true, true) => "None is in this domain, or below it.".to_owned(),
            },
        )
    };
    let none_fit = Memo::new(move |_| live.has_arrived() && !nobody.get() && shown() == 0);
    view! {
        <div class=class>
            <section class=all aria-label="All agents">
                <Counts
                    domain
                    pressed=Callback::new(move |status: Status| view.with(|view| view.statuses.has(status)))
                    toggle=Callback::new(move |status: Status| {
                        address.change(|view| view.statuses = view.statuses.toggled(status));
                    })
                />
                <DomainTree chosen=domain choose shown=tree />
                <Toolbar search shown=Signal::derive(shown) adding domain tree />
                <If so=nobody.into()>
                    <Nobody adding />
                </If>
                <If so=none_fit.into()>
                    <div class="empty">
                        <p class="empty__title">"No agent fits"</p>
                        <p class="empty__text">{told::text(why_none)}</p>
                        <button
                            class="button"
                            on:click=move |_| {
                                search.set(String::new());
                                address.change(|view| *view = View { sort: view.sort, ..View::default() });
                            }
                        >
                            "Show all"
                        </button>
                    </div>
                </If>
                <div class=waiting hidden=told::flag(move || nobody.get() || none_fit.get())>
                    <AgentTable rows />
                </div>
                {rows.may_tick.then(|| view! { <Selected rows /> })}
            </section>
            {beside}
        </div>
        <AddAgent open=adding />
    }
}

/// The state of the page, as its address has it.
#[derive(Clone, Copy)]
struct Address {
    view: Memo<View>,
    /// What stands in the field, which the address follows.
    search: RwSignal<String>,
    path: Memo<String>,
    navigate: Callback<(String, bool)>,
}

impl Address {
    fn new() -> Self {
        let query = use_query_map();
        let view = Memo::new(move |_| {
            query.with(|query| {
                let [domain, status, search, sort] =
                    ["domain", "status", "q", "sort"].map(|key| query.get_str(key));
                View::read(domain, status, search, sort)
            })
        });
        let navigate = use_navigate();
        Self {
            view,
            search: RwSignal::new(view.with_untracked(|view| view.search.clone())),
            path: use_location().pathname,
            navigate: Callback::new(move |(to, replace): (String, bool)| {
                let options = NavigateOptions {
                    replace,
                    scroll: false,
                    ..NavigateOptions::default()
                };
                navigate(&to, options);
            }),
        }
    }

    /// What is shown, with what was typed but did not reach the address yet.
    fn typed(self) -> View {
        View {
            search: self.search.with_untracked(|search| search.trim().to_owned()),
            ..self.view.get_untracked()
        }
    }

    /// Goes to another page, and keeps what is shown.
    fn go(self, path: &str) {
        let query = self.typed().to_query();
        self.navigate.run((format!("{path}{query}"), false));
    }

    /// Shows something else on this page.
    fn change(self, change: impl FnOnce(&mut View)) {
        let mut view = self.typed();
        change(&mut view);
        let path = self.path.get_untracked();
        self.navigate.run((format!("{path}{}", view.to_query()), true));
    }
}

/// What is typed goes into the address, and what comes from the address into the field.
fn follow(address: Address) {
    let search = address.search;
    let typed = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |first: Option<()>| {
        let text = search.get();
        if first.is_none() {
            return;
        }
        let later = move || {
            if address.path.try_get_untracked().is_some()
                && address.view.get_untracked().search != text.trim()
            {
                address.change(|view| text.trim().clone_into(&mut view.search));
            }
        };
        let handle = set_timeout_with_handle(later, TYPED).ok();
        if let Some(Some(earlier)) = typed.try_update_value(|typed| core::mem::replace(typed, handle)) {
            earlier.clear();
        }
    });
    Effect::new(move |_| {
        let text = address.view.with(|view| view.search.clone());
        if search.with_untracked(|search| search.trim() != text) {
            search.set(text);
        }
    });
}

/// Unticks all when other agents are shown: nobody acts upon what was ticked among others.
fn forget(selection: RwSignal<Selection>, view: Memo<View>) {
    Effect::new(move |before: Option<View>| {
        let now = view.get();
        if before.is_some_and(|before| !before.shows_as(&now)) {
            selection.update(Selection::clear);
        }
        now
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

/// Keeps the order of the rows. Each version of the fleet is looked at once; where one was missed, all is
/// sorted anew.
fn keep(order: StoredValue<Order, LocalStorage>, view: Memo<View>) -> Memo<u32> {
    let live = expect_context::<Live>();
    let seen = StoredValue::new(None::<u32>);
    Memo::new_with_compare(
        move |counted: Option<&u32>| {
            let (version, touched) = live.changed();
            let touched = match seen.get_value() {
                Some(seen) if seen == version => Touched::default(),
                Some(seen) if seen.wrapping_add(1) == version => touched,
                _ => Touched {
                    all: true,
                    ..Touched::default()
                },
            };
            seen.set_value(Some(version));
            view.with(|view| {
                live.peek(|fleet| order.update_value(|order| order.update(fleet, view, &touched)));
            });
            counted.map_or(0, |counted| counted.wrapping_add(1))
        },
        |_, _| true,
    )
}

/// There is no agent yet.
#[component]
fn Nobody(adding: RwSignal<bool>) -> impl IntoView {
    let people = expect_context::<People>();
    view! {
        <div class="empty">
            <p class="empty__title">"Nobody on the roll yet"</p>
            <p class="empty__text">
                "An agent is a small program on each machine. One line enrols it and starts it; it appears here the moment it does."
            </p>
            <If so=told::flag(move || people.may_change())>
                <button class="button button--first" on:click=move |_| adding.set(true)>
                    <Icon of=Picture::Plus />
                    "Add an agent"
                </button>
            </If>
        </div>
    }
}

/// Beside the table on a wide screen, while no agent is opened: what happened last.
#[component]
fn Beside() -> impl IntoView {
    const LATEST: usize = 40;
    let live = expect_context::<Live>();
    let latest = Memo::new(move |_| {
        live.read(|fleet| {
            let tell = |event: &crate::feed::mirror::Happening| {
                let agent = fleet.at(event.place)?;
                let told = Line {
                    agent: Some((event.agent, agent.name.clone())),
                    at_ms: event.at_ms,
                    to: event.to,
                    cause: event.cause,
                };
                Some((event.serial, told))
            };
            fleet
                .events()
                .iter()
                .take(LATEST)
                .filter_map(tell)
                .collect::<Vec<_>>()
        })
    });
    view! {
        <aside class="beside" aria-labelledby="latest">
            <h2 class="beside__title" id="latest">"Latest transitions"</h2>
            <ol class="happenings" role="list">
                <For
                    each=move || latest.get()
                    key=|(serial, line)| (*serial, line.at_ms, line.agent.as_ref().map(|(id, _)| *id))
                    children=|(_, line)| view! { <Happening line /> }
                />
            </ol>
            <If so=told::flag(move || latest.with(Vec::is_empty))>
                <p class="beside__none">"Nothing happened yet."</p>
            </If>
        </aside>
    }
}
