//! The domain that is looked at: where it is, who is in it, what can be done to it, and its tokens.

use leptos::prelude::*;
use rollcall_shared::{DomainId, Status};

use super::Room;
use super::displays::Displays;
use super::tokens::Tokens;
use crate::domains::place;
use crate::phrase;
use crate::ui::icon::{Icon, Picture};
use crate::ui::mark::Mark;
use crate::ui::told::{self, If};

/// What is beside the tree.
#[component]
pub(super) fn One() -> impl IntoView {
    let room = expect_context::<Room>();
    let is_there = told::flag(move || room.shown.with(Option::is_some));
    let may_change = told::flag(move || room.people.may_change());
    view! {
        <section class="domains__one" aria-labelledby="domain-title" hidden=told::flag(move || !is_there.get())>
            <If so=is_there>
                <div class="domains__within">
                    <Head />
                    <Members />
                    <If
                        so=may_change
                        otherwise=|| view! { <p class="notice" role="note">"Operators and admins change domains and make enrolment tokens. You may look."</p> }
                    >
                        <Tokens />
                        <Displays />
                    </If>
                </div>
            </If>
        </section>
    }
}

/// Its name and place, and the ways to change it.
#[component]
fn Head() -> impl IntoView {
    let room = expect_context::<Room>();
    let id = Memo::new(move |_| room.shown.with(|shown| shown.as_ref().map(|folder| folder.id)));
    let name = told::text(move || {
        room.shown.with(|shown| {
            shown
                .as_ref()
                .map(|folder| folder.name.clone())
                .unwrap_or_default()
        })
    });
    let within = told::text(move || {
        let place = id
            .get()
            .map(|id| room.folders.with(|folders| place(folders, id)))
            .unwrap_or_default();
        if place.is_empty() {
            "Holds all the others".to_owned()
        } else {
            format!("in {place}")
        }
    });
    let is_movable = told::flag(move || id.get() != Some(DomainId::ROOT));
    let dialogs = room.dialogs;
    view! {
        <header class="one">
            <h2 class="one__name" id="domain-title">{name}</h2>
            <p class="one__place">{within}</p>
            <If so=told::flag(move || room.people.may_change())>
                <p class="one__acts">
                    <button class="button" on:click=move |_| dialogs.making.set(true)>
                        <Icon of=Picture::Plus />
                        "New domain in it"
                    </button>
                    <button class="button" on:click=move |_| dialogs.renaming.set(true)>"Rename"</button>
                    <If so=is_movable>
                        <button class="button" on:click=move |_| dialogs.moving.set(true)>"Move"</button>
                        <button class="button" on:click=move |_| dialogs.deleting.set(true)>"Delete"</button>
                    </If>
                </p>
            </If>
        </header>
    }
}

/// How many agents of each status are in it and below.
#[component]
fn Members() -> impl IntoView {
    let room = expect_context::<Room>();
    let count = move |status: Status| {
        Memo::new(move |_| {
            let id = room.shown.with(|shown| shown.as_ref().map(|folder| folder.id));
            id.map_or(0, |id| room.count(id, &[status]))
        })
    };
    let counts = Status::ALL.map(|status| (status, count(status)));
    let is_empty = told::flag(move || counts.iter().all(|(_, count)| count.get() == 0));
    let address = move || {
        let id = room.shown.with(|shown| shown.as_ref().map(|folder| folder.id));
        id.map_or_else(String::new, |id| format!("/agents?domain={id}"))
    };
    let lines = move || {
        counts
            .map(|(status, count)| {
                view! {
                    <li class="member" hidden=told::flag(move || count.get() == 0)>
                        <Mark status />
                        <span>{status.to_string()}</span>
                        <strong class="member__count">{told::text(move || phrase::grouped(count.get()))}</strong>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <header class="one__head">
            <h3 class="one__part" id="members-title">"Agents in it and below"</h3>
            <a class="button" href=told::text(address)>"Show them"</a>
        </header>
        <If so=is_empty>
            <p class="domains__none">"No agent is here."</p>
        </If>
        <ul class="members" role="list" aria-labelledby="members-title">{lines}</ul>
    }
}
