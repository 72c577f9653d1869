//! The agent tree beside the table: how many agents of each domain are online, and which domain the table shows.
//!
//! Only the lines on the screen are in the page, as places that take turns: ten thousand domains cost what twenty do.

use leptos::prelude::*;
use rollcall_shared::DomainId;
use wasm_bindgen::JsCast as _;

use crate::feed::live::Live;
use crate::feed::tree::Branch;
use crate::people::People;
use crate::phrase;
use crate::steps::{Step, step};
use crate::table::view::View;
use crate::table::window::{self, Window};
use crate::ui::told::{self, If};
use crate::ui::viewport::{TREE, Viewport};
use crate::ui::walk;

/// How much further in each level stands.
const INSET_PX: usize = 12;

/// The tree.
#[component]
pub(crate) fn DomainTree(
    /// What the table shows.
    view: Memo<View>,
    /// Another one was chosen, or the same again.
    choose: Callback<DomainId>,
    /// Whether it is there.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let people = expect_context::<People>();
    let viewport = Viewport::new(TREE);
    // Whose inner domains are shown: at first those of the one that holds all.
    let opened = RwSignal::new(vec![DomainId::ROOT]);
    let at = RwSignal::new(None::<DomainId>);
    let branches = Memo::new(move |_| {
        if !shown.get() {
            return Vec::new();
        }
        opened.with(|opened| live.read(|fleet| fleet.tree().branches(|id| !opened.contains(&id))))
    });
    let window = move || viewport.window(branches.with(Vec::len));
    let lines = Lines {
        branches,
        opened,
        view,
        at,
    };
    let is_open = move |id: DomainId| opened.with_untracked(|opened| opened.contains(&id));
    let turn = move |id: DomainId| {
        opened.update(|opened| match opened.iter().position(|known| *known == id) {
            Some(place) => drop(opened.swap_remove(place)),
            None => opened.push(id),
        });
    };
    reveal(lines, viewport);
    // A line takes its place only at the next frame, also its own again where others come in below it.
    // Until then, keys are meant for it already.
    let heading = StoredValue::new(None::<DomainId>);
    let go = move |id: DomainId| {
        at.set(Some(id));
        heading.set_value(Some(id));
        request_animation_frame(move || {
            heading.try_set_value(None);
            walk::focus(&format!("[data-domain=\"{id}\"]"));
        });
    };
    let choose = move |id: DomainId| {
        choose.run(id);
        if !is_open(id) {
            turn(id);
        }
        go(id);
    };
    let press = move |event: web_sys::KeyboardEvent| {
        let key = event.key();
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let Some(id) = heading.get_value().or_else(|| domain_at(&event)) else {
            return;
        };
        match stepped(lines, id, &key) {
            _ if key == "Enter" || key == " " => choose(id),
            Some((Step::Turn, ..)) => {
                turn(id);
                go(id);
            }
            Some((Step::To(_), index, to, all)) => {
                viewport.show(index, all);
                go(to);
            }
            None => return,
        }
        event.prevent_default();
    };
    let click = move |event: web_sys::MouseEvent| {
        if let Some(id) = domain_at(&event) {
            if walk::is_in(&event, ".branch__fork") {
                turn(id);
            } else {
                choose(id);
            }
        }
    };
    let drawn = Memo::new(move |_| {
        let Window { first, end, .. } = window();
        end - first
    });
    let places = move || {
        let place = |place: usize| {
            let index = Signal::derive(move || window().first + place);
            view! { <Line lines index /> }.into_any()
        };
        (0..drawn.get()).map(place).collect_view()
    };
    // By properties: the page's policy allows no style written out.
    let above = told::text(move || window::px(window().above_px));
    let below = told::text(move || window::px(window().below_px));
    view! {
        <nav class="tree" id="domains" aria-label="Domains" hidden=told::flag(move || !shown.get())>
            <div class="tree__frame" node_ref=viewport.frame on:scroll=move |_| viewport.scrolled()>
                <div class="tree__lines" role="tree" aria-label="Domains" style:padding-top=above style:padding-bottom=below on:click=click on:keydown=press>
                    {places}
                </div>
            </div>
            <If so=told::flag(move || people.may_change())>
                <a class="tree__manage" href="/domains">"Manage domains"</a>
            </If>
        </nav>
    }
}

/// What a key does on the line of a domain: the step, the place that it leads to and whose that is, of how many.
fn stepped(lines: Lines, id: DomainId, key: &str) -> Option<(Step, usize, DomainId, usize)> {
    let is_open = lines.opened.with_untracked(|opened| opened.contains(&id));
    lines.branches.with_untracked(|all| {
        let here = all.iter().position(|one| one.id == id)?;
        let step = step(all, here, is_open, key)?;
        let to = match step {
            Step::To(index) => index,
            Step::Turn => here,
        };
        Some((step, to, all[to].id, all.len()))
    })
}

/// What the lines are drawn from.
#[derive(Clone, Copy)]
struct Lines {
    branches: Memo<Vec<Branch>>,
    /// Whose inner domains are shown.
    opened: RwSignal<Vec<DomainId>>,
    view: Memo<View>,
    /// Where the keyboard is, or was last.
    at: RwSignal<Option<DomainId>>,
}

/// A line of it, in a place that other domains take as the tree is scrolled.
#[component]
fn Line(lines: Lines, index: Signal<usize>) -> impl IntoView {
    let Lines {
        branches,
        opened,
        view,
        at,
    } = lines;
    let read = move |tell: fn(&Branch) -> String| {
        branches
            .with(|all| all.get(index.get()).map(tell))
            .unwrap_or_default()
    };
    let text = move |tell: fn(&Branch) -> String| told::text(move || read(tell));
    let id = move || branches.with(|all| all.get(index.get()).map(|one| one.id));
    let open = move || {
        let forked = branches.with(|all| {
            let one = all.get(index.get()).filter(|one| one.is_forked)?;
            Some(opened.with(|opened| opened.contains(&one.id)))
        })?;
        Some(if forked { "true" } else { "false" })
    };
    // What is not asked for is all, and all is the top.
    let chosen = move || id() == Some(view.with(|view| view.domain).unwrap_or(DomainId::ROOT));
    // Tab reaches the line where the keyboard was last, or the first.
    let reached = move || match at.get() {
        None => index.get() == 0,
        at => at == id(),
    };
    view! {
        <div
            class=text(|one| if one.online() == one.all() { "branch" } else { "branch branch--away" }.to_owned())
            role="treeitem"
            aria-expanded=told::maybe(open)
            aria-selected=told::text(move || chosen().to_string())
            title=text(in_words)
            tabindex=told::text(move || if reached() { "0" } else { "-1" }.to_owned())
            data-domain=text(|one| one.id.to_string())
            style:padding-left=text(|one| format!("{}px", one.level * INSET_PX - 4))
        >
            <span class="branch__fork"></span>
            <span class="branch__name">{text(|one| one.name.clone())}</span>
            " "
            <span class="branch__count">{text(count)}</span>
        </div>
    }
    .attr("aria-level", text(|one| one.level.to_string()))
}

/// How many there are, where all are online: what is well is quiet.
fn count(branch: &Branch) -> String {
    let (online, all) = (branch.online(), branch.all());
    let mut words = phrase::grouped(online);
    if online < all {
        words.push('/');
        words.push_str(&phrase::grouped(all));
    }
    words
}

fn in_words(branch: &Branch) -> String {
    let (online, all) = (phrase::grouped(branch.online()), phrase::grouped(branch.all()));
    format!("{online} of {all} online")
}

/// The domain of the line that an event is about.
fn domain_at(event: &web_sys::Event) -> Option<DomainId> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let line = target.closest("[data-domain]").ok()??;
    let number = line.get_attribute("data-domain")?.parse::<i32>().ok()?;
    DomainId::try_from(number).ok()
}

/// Has what is chosen in sight, also where it comes from the address.
fn reveal(lines: Lines, viewport: Viewport) {
    let live = expect_context::<Live>();
    // Read once it is there: before, nobody knows what a domain is in.
    let arrived = Memo::new(move |_| live.has_arrived());
    Effect::new(move |_| {
        let Some(chosen) = lines.view.with(|view| view.domain).filter(|_| arrived.get()) else {
            return;
        };
        let outer: Vec<DomainId> = live.peek(|fleet| {
            let outer = fleet.tree().upwards(chosen).skip(1);
            outer.map(|one| one.id).collect()
        });
        lines.opened.update(|opened| {
            opened.retain(|known| !outer.contains(known));
            opened.extend(outer);
        });
        let place = lines.branches.with_untracked(|all| {
            let place = all.iter().position(|one| one.id == chosen)?;
            Some((place, all.len()))
        });
        if let Some((place, all)) = place {
            viewport.show(place, all);
        }
    });
}
