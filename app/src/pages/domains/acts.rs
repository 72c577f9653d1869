//! The dialogs that change a domain: a new one in it, another name, deleting it. Moving it is in [`super::relocate`].

use leptos::prelude::*;
use rollcall_shared::console_api::{DomainChange, NewDomain};
use rollcall_shared::{DomainId, Status};
use web_sys::SubmitEvent;

use super::Room;
use super::attempt::Attempt;
use super::relocate::Relocate;
use super::taken_back;
use super::tokens::Revoke;
use crate::api;
use crate::domains::{Folder, find};
use crate::phrase;
use crate::ui::dialog::Dialog;
use crate::ui::field::Field;
use crate::ui::told;

/// All of them, closed.
#[component]
pub(super) fn Acts() -> impl IntoView {
    let room = expect_context::<Room>();
    let dialogs = room.dialogs;
    view! {
        <Dialog title="New domain" open=dialogs.making>
            <Make />
        </Dialog>
        <Dialog title="Rename the domain" open=dialogs.renaming>
            <Rename />
        </Dialog>
        <Dialog title="Move the domain" open=dialogs.moving>
            <Relocate />
        </Dialog>
        <Dialog title="Delete the domain" open=dialogs.deleting>
            <Delete />
        </Dialog>
        <Dialog title="Revoke the token" open=dialogs.revoking>
            <Revoke />
        </Dialog>
    }
}

/// The domain that a dialog was opened for: also where another one is looked at meanwhile.
pub(super) fn subject(room: &Room) -> Folder {
    room.shown.get_untracked().unwrap_or_else(|| Folder {
        id: DomainId::ROOT,
        parent: None,
        name: String::new(),
        level: 1,
        is_forked: false,
    })
}

#[component]
fn Make() -> impl IntoView {
    let room = expect_context::<Room>();
    let attempt = Attempt::new();
    let parent = subject(&room);
    let name = RwSignal::new(String::new());
    let id = parent.id;
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewDomain {
            name: name.get_untracked(),
            parent: id,
        };
        let act = async move { api::domains::make(&new).await };
        attempt.run(act, move |made| {
            room.dialogs.making.set(false);
            room.look_at(made.id);
        });
    };
    view! {
        <form class="dialog__body form" on:submit=make novalidate>
            <p class="form__lead">"It is made in " <strong>{parent.name}</strong> ". It can be moved and renamed later."</p>
            <Field id="domain-name" label="Name" value=name refusal=attempt.refusal("name") first=true />
            <Foot attempt field="name" word="Make it" close=room.dialogs.making />
        </form>
    }
}

#[component]
fn Rename() -> impl IntoView {
    let room = expect_context::<Room>();
    let attempt = Attempt::new();
    let folder = subject(&room);
    let name = RwSignal::new(folder.name.clone());
    let id = folder.id;
    let renamed = folder.clone();
    let rename = move |event: SubmitEvent| {
        event.prevent_default();
        let change = DomainChange {
            name: Some(name.get_untracked()),
            parent: None,
        };
        let before = renamed.clone();
        let after = Folder {
            name: name.get_untracked().trim().to_owned(),
            ..before.clone()
        };
        let act = async move { api::domains::change(id, &change).await };
        attempt.run(act, move |()| {
            room.dialogs.renaming.set(false);
            let done = format!("{} is called {} now", before.name, after.name);
            taken_back::offer(&room, done, before, after);
        });
    };
    view! {
        <form class="dialog__body form" on:submit=rename novalidate>
            <p class="form__lead">"What " <strong>{folder.name}</strong> " is called from now on. Links to it stay good: they name its number."</p>
            <Field id="domain-name" label="Name" value=name refusal=attempt.refusal("name") first=true />
            <Foot attempt field="name" word="Rename" close=room.dialogs.renaming />
        </form>
    }
}

#[component]
fn Delete() -> impl IntoView {
    let room = expect_context::<Room>();
    let attempt = Attempt::new();
    let folder = subject(&room);
    let id = folder.id;
    let parent = folder.parent;
    let parent_name = parent.and_then(|parent| {
        room.folders
            .with_untracked(|folders| find(folders, parent).map(|folder| folder.name.clone()))
    });
    let delete = move |event: SubmitEvent| {
        event.prevent_default();
        attempt.run(api::domains::delete(id), move |()| {
            room.dialogs.deleting.set(false);
            if let Some(parent) = parent {
                room.look_at(parent);
            }
        });
    };
    // The server judges; this says beforehand what it will say.
    let in_it = told::text(move || {
        let all: Vec<Status> = Status::ALL
            .into_iter()
            .filter(|status| *status != Status::Retired)
            .collect();
        let agents = room.count(id, &all);
        let below = room
            .folders
            .with(|folders| folders.iter().filter(|folder| folder.parent == Some(id)).count());
        let domains = phrase::counted(below, "domain", "domains");
        let agents_words = phrase::counted(agents, "agent", "agents");
        match (below, agents) {
            (0, 0) => String::new(),
            (0, _) => format!("{agents_words} in it must be moved first."),
            (_, 0) => format!("{domains} in it must be moved or deleted first."),
            _ => format!("{domains} in it, with {agents_words}, must be moved first."),
        }
    });
    let goes = parent_name.map(|name| {
        view! { <p class="form__lead">"Retired agents of it, and tokens that enrol nobody any more, go to " <strong>{name}</strong> "."</p> }
    });
    view! {
        <form class="dialog__body form" on:submit=delete novalidate>
            <p class="form__lead"><strong>{folder.name}</strong> " goes for good. Only an empty domain can be deleted."</p>
            <p class="domains__heed">{in_it}</p>
            {goes}
            <Foot attempt field="" word="Delete" grave=true close=room.dialogs.deleting />
        </form>
    }
}

/// What was wrong with no field, and the buttons of a dialog.
#[component]
pub(super) fn Foot(
    attempt: Attempt,
    /// The field that has its refusal beside it.
    field: &'static str,
    /// What is done.
    word: &'static str,
    /// Whether it cannot be undone.
    #[prop(optional)]
    grave: bool,
    /// The dialog.
    close: RwSignal<bool>,
) -> impl IntoView {
    let class = if grave {
        "button button--grave"
    } else {
        "button button--first"
    };
    view! {
        <p class="form__refusal" role="alert">{attempt.otherwise(field)}</p>
        <div class="form__acts">
            <button class="button" type="button" on:click=move |_| close.set(false)>"Cancel"</button>
            <button class=class aria-disabled=attempt.busy()>{word}</button>
        </div>
    }
}
