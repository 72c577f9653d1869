//! The agent tree with its counts. One line has the keyboard, and from there the arrows walk, open and close.

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::{DomainId, Status};
use web_sys::KeyboardEvent;

use super::Room;
use crate::domains::{Folder, MOST_LINES, in_sight};
use crate::enrolment::doors;
use crate::keys;
use crate::phrase;
use crate::steps::{Step, step};
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};
use crate::ui::walk;

/// Those who are on the roll.
const ON_THE_ROLL: [Status; 6] = [
    Status::Online,
    Status::UnreachableOnline,
    Status::Offline,
    Status::UnreachableOffline,
    Status::Pending,
    Status::Inactive,
];
const ONLINE: [Status; 2] = [Status::Online, Status::UnreachableOnline];
const OFFLINE: [Status; 2] = [Status::Offline, Status::UnreachableOffline];

/// How far the first level stands in, and each further one, in pixels.
const INSET: usize = 14;
const STEP_IN: usize = 18;

/// The tree.
#[component]
pub(super) fn Tree() -> impl IntoView {
    let room = expect_context::<Room>();
    let lines = Memo::new(move |_| {
        let search = room.search.get();
        room.folders
            .with(|folders| in_sight(folders, &search, |folder| room.is_open(folder)))
    });
    let tokens = Memo::new(move |_| {
        let now_ms = room.live.now();
        room.folders.with(|folders| {
            room.tokens
                .with(|tokens| doors(tokens.as_deref().unwrap_or_default(), folders, now_ms))
        })
    });
    let has_tokens = told::flag(move || room.people.may_change());
    // The line that Tab reaches: the one that is looked at, or the first where that is out of sight.
    let stop = Memo::new(move |_| {
        let shown = room.shown.with(|shown| shown.as_ref().map(|folder| folder.id));
        lines.with(|lines| {
            let drawn = || lines.iter().take(MOST_LINES).map(|line| line.id);
            drawn().find(|id| Some(*id) == shown).or(drawn().next())
        })
    });
    keep_keyboard(&room, stop);
    let rows = move || {
        let lines = lines.get();
        // They are drawn anew as a whole: the keyboard stays where it is.
        if keyboard_is_on("tr[data-domain]") {
            walk_back(stop);
        }
        let drawn = lines.into_iter().take(MOST_LINES);
        drawn
            .map(|folder| {
                let id = folder.id;
                let open = Memo::new(move |_| tokens.with(|tokens| tokens.get(&id).copied().unwrap_or(0)));
                let is_stop = told::flag(move || stop.get() == Some(id));
                row(&room, folder, open, is_stop)
            })
            .collect::<Vec<_>>()
    };
    let walk = move |event: KeyboardEvent| {
        let at = stop.get_untracked();
        if at.is_some_and(|at| press(&room, &lines.get_untracked(), at, &event.key())) {
            event.prevent_default();
        }
    };
    let has_arrived = told::flag(move || room.live.has_arrived());
    let is_found = told::flag(move || !lines.with(Vec::is_empty));
    let sought = move || format!("No domain has “{}” in its name.", room.search.get().trim());
    let none = move || {
        if room.search.with(|search| search.trim().is_empty()) {
            "There is no domain that you may see.".to_owned()
        } else {
            sought()
        }
    };
    let more = move || match lines.with(Vec::len).saturating_sub(MOST_LINES) {
        0 => String::new(),
        more => format!(
            "and {} more: find one by its name, or close some",
            phrase::grouped(more)
        ),
    };
    let is_alone = told::flag(move || room.folders.with(|folders| folders.len() == 1));
    view! {
        <section class="domains__tree" aria-labelledby="tree-title">
            <header class="domains__head">
                <h2 class="domains__title" id="tree-title">"Domains"</h2>
                <p class="domains__count">{told::text(move || phrase::grouped(room.folders.with(Vec::len)))}</p>
                <Search />
            </header>
            <If so=told::flag(move || !has_arrived.get())>
                <div class="domains__waiting" role="status"><span>"Reading the domains…"</span></div>
            </If>
            <If so=told::flag(move || has_arrived.get() && !is_found.get())>
                <p class="domains__none">{told::text(none)}</p>
            </If>
            <If so=told::flag(move || has_arrived.get() && is_found.get())>
                <div class="domains__scroll">
                    <table class="folders" role="treegrid" aria-labelledby="tree-title" on:keydown=walk>
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col" class="folders__number">"Agents"</th>
                                <th scope="col" class="folders__number folders__spare">"Online"</th>
                                <th scope="col" class="folders__number">"Offline"</th>
                                <If so=has_tokens>
                                    <th scope="col" class="folders__number folders__spare" title="Enrolment tokens that let machines in">"Tokens"</th>
                                </If>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <p class="domains__more">{told::text(more)}</p>
                    <If so=is_alone>
                        <p class="domains__none">"All agents are in one domain. Domains below it sort them, by site, by team or by kind; people can be limited to some."</p>
                    </If>
                </div>
            </If>
        </section>
    }
}

/// Whether what the selector names has the keyboard.
fn keyboard_is_on(selector: &str) -> bool {
    let active = document().active_element();
    active.is_some_and(|active| matches!(active.matches(selector), Ok(true)))
}

/// Gives the keyboard back to the line that Tab reaches, once it is drawn.
fn walk_back(stop: Memo<Option<DomainId>>) {
    request_animation_frame(move || {
        if let Some(Some(id)) = stop.try_get_untracked() {
            walk::focus(&format!("[data-domain=\"{id}\"]"));
        }
    });
}

/// A dialog that closes gives the keyboard back to the line that it was opened from; where that line was drawn anew
/// meanwhile, nobody has it.
fn keep_keyboard(room: &Room, stop: Memo<Option<DomainId>>) {
    let dialogs = room.dialogs;
    Effect::new(move |was_open: Option<bool>| {
        let is_open = [dialogs.renaming, dialogs.moving, dialogs.deleting]
            .iter()
            .any(|dialog| dialog.get());
        if was_open == Some(true) && !is_open {
            request_animation_frame(move || {
                if keyboard_is_on("body") {
                    walk_back(stop);
                }
            });
        }
        is_open
    });
}

/// Does what a key is for. F2 and Delete are those of every file manager. Answers whether it is for anything.
fn press(room: &Room, lines: &[Folder], at: DomainId, key: &str) -> bool {
    let may_change = untrack(|| room.people.may_change());
    // What is found is shown with all above it, closed or not.
    let is_searched = room.search.with_untracked(|search| !search.trim().is_empty());
    let is_open = |folder: &Folder| is_searched || untrack(|| room.is_open(folder));
    let here = lines.iter().position(|line| line.id == at);
    let step = here.and_then(|here| step(lines, here, is_open(&lines[here]), key));
    match (key, step) {
        ("F2", _) if may_change => {
            room.look_at(at);
            room.dialogs.renaming.set(true);
        }
        ("Delete", _) if may_change && at != DomainId::ROOT => {
            room.look_at(at);
            room.dialogs.deleting.set(true);
        }
        ("Enter", _) => room.look_at(at),
        (_, Some(Step::To(index))) => {
            let id = lines.get(index).map_or(at, |line| line.id);
            room.look_at(id);
            walk::focus(&format!("[data-domain=\"{id}\"]"));
        }
        (_, Some(Step::Turn)) if !is_searched => room.turn(at),
        _ => return false,
    }
    true
}

fn row(room: &Room, folder: Folder, open: Memo<usize>, is_stop: Signal<bool>) -> AnyView {
    let room = *room;
    let id = folder.id;
    let is_shown = Memo::new(move |_| {
        room.shown
            .with(|shown| shown.as_ref().is_some_and(|shown| shown.id == id))
    });
    let is_forked = folder.is_forked;
    let level = folder.level;
    let name = folder.name.clone();
    let inset = format!("{}px", INSET + (level - 1) * STEP_IN);
    let is_open =
        Memo::new(move |_| !room.search.with(|search| search.trim().is_empty()) || room.is_open(&folder));
    let expanded = told::maybe(move || is_forked.then(|| if is_open.get() { "true" } else { "false" }));
    let count = move |statuses: &'static [Status]| {
        let count = Memo::new(move |_| room.count(id, statuses));
        told::text(move || phrase::grouped(count.get()))
    };
    let offline = Memo::new(move |_| room.count(id, &OFFLINE));
    let offline_class = told::text(move || {
        if offline.get() > 0 {
            "folders__number folders__offline"
        } else {
            "folders__number folders__calm"
        }
        .to_owned()
    });
    let turn = move |event: web_sys::MouseEvent| {
        event.stop_propagation();
        room.turn(id);
        // What is looked at does not go out of sight with what it is in.
        if room.is_shown_within(id) {
            room.look_at(id);
        }
    };
    view! {
        <tr
            class="folders__row"
            data-domain=id.to_string()
            // The attribute, by the name of its property: leptos knows no `aria-level`.
            prop:ariaLevel=level.to_string()
            aria-expanded=expanded
            aria-selected=told::text(move || is_shown.get().to_string())
            tabindex=told::text(move || if is_stop.get() { "0" } else { "-1" }.to_owned())
            on:click=move |_| room.look_at(id)
        >
            <th scope="row" class="folders__name" style:padding-left=inset>
                <span class="folders__twig" aria-hidden="true" on:click=turn>
                    {told::text(move || match (is_forked, is_open.get()) {
                        (false, _) => "",
                        (true, true) => "▾",
                        (true, false) => "▸",
                    }.to_owned())}
                </span>
                <span class="folders__word" title=name.clone()>{name.clone()}</span>
            </th>
            <td class="folders__number">{count(&ON_THE_ROLL)}</td>
            <td class="folders__number folders__calm folders__spare">{count(&ONLINE)}</td>
            <td class=offline_class>{told::text(move || phrase::grouped(offline.get()))}</td>
            <If so=told::flag(move || room.people.may_change())>
                <td class="folders__number folders__calm folders__spare">{told::text(move || match open.get() {
                    0 => "–".to_owned(),
                    open => phrase::grouped(open),
                })}</td>
            </If>
        </tr>
    }
    .into_any()
}

/// The field that finds a domain.
#[component]
fn Search() -> impl IntoView {
    let room = expect_context::<Room>();
    let input = NodeRef::<html::Input>::new();
    keys::on_key(move |event| {
        if event.key() == "/"
            && !keys::is_typing(event)
            && let Some(input) = input.get_untracked()
        {
            event.prevent_default();
            input.select();
            // A field that cannot take the focus can still be clicked.
            let _ = input.focus();
        }
    });
    view! {
        <div class="search">
            <Icon of=Picture::Search />
            <input
                class="search__input"
                type="search"
                aria-label="Find a domain by its name"
                placeholder="name"
                autocomplete="off"
                spellcheck="false"
                node_ref=input
                prop:value=room.search
                on:input=move |event| room.search.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Escape" && !room.search.with_untracked(String::is_empty) {
                        event.prevent_default();
                        room.search.set(String::new());
                    }
                }
            />
            <kbd class="search__key" aria-hidden="true">"/"</kbd>
        </div>
    }
}
