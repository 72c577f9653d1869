//! The dialog that puts a domain, with all that is in it, into another one.

use leptos::prelude::*;
use rollcall_shared::DomainId;
use rollcall_shared::console_api::DomainChange;
use web_sys::SubmitEvent;

use super::Room;
use super::acts::{Foot, subject};
use super::attempt::Attempt;
use super::taken_back;
use crate::api;
use crate::domains::{Folder, place, targets};
use crate::phrase;
use crate::ui::field::Field;
use crate::ui::told;

/// How many are offered at once.
const OFFERED: usize = 50;

/// What the dialog says and does.
#[component]
pub(super) fn Relocate() -> impl IntoView {
    let room = expect_context::<Room>();
    let attempt = Attempt::new();
    let folder = StoredValue::new(subject(&room));
    let id = folder.with_value(|folder| folder.id);
    let name = folder.with_value(|folder| folder.name.clone());
    let now_in = room.folders.with_untracked(|folders| place(folders, id));
    let search = RwSignal::new(String::new());
    let chosen = RwSignal::new(None::<DomainId>);
    let fitting = Memo::new(move |_| {
        let search = search.get();
        let moved = folder.get_value();
        room.folders.with(|folders| targets(folders, &moved, &search))
    });
    // The one that fits alone needs no choosing.
    let target = Memo::new(move |_| {
        fitting.with(|fitting| match fitting.as_slice() {
            [(only, _)] => Some(*only),
            _ => chosen
                .get()
                .filter(|chosen| fitting.iter().any(|(id, _)| id == chosen)),
        })
    });
    let relocate = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(parent) = target.get_untracked() else {
            return;
        };
        let change = DomainChange {
            name: None,
            parent: Some(parent),
        };
        let act = async move { api::domains::change(id, &change).await };
        // The dialog may be closed when it is done.
        let before = folder.get_value();
        attempt.run(act, move |()| {
            room.dialogs.moving.set(false);
            let after = Folder {
                parent: Some(parent),
                ..before.clone()
            };
            let done = format!("{} is in another domain now", before.name);
            taken_back::offer(&room, done, before, after);
        });
    };
    let choices = move || {
        let fitting = fitting.get();
        fitting
            .into_iter()
            .take(OFFERED)
            .map(|(id, path)| choice(id, path, target, chosen))
            .collect::<Vec<_>>()
    };
    let more = move || match fitting.with(Vec::len) {
        0 => "None fits.".to_owned(),
        count if count > OFFERED => format!(
            "and {} more: find one by its name",
            phrase::grouped(count - OFFERED)
        ),
        _ => String::new(),
    };
    view! {
        <form class="dialog__body form" on:submit=relocate novalidate>
            <p class="form__lead">
                <strong>{name}</strong> " is in " {now_in} ". All that is in it goes with it; nobody's presence changes."
            </p>
            <Field id="target-search" label="Find the domain to put it into" value=search first=true />
            <fieldset class="targets">
                <legend class="targets__name">"Put it into"</legend>
                <div class="targets__all">{choices}</div>
                <p class="targets__more" role="status">{told::text(more)}</p>
            </fieldset>
            <p class="field__refusal" role="alert">{attempt.refusal("parent")}</p>
            <p class="field__refusal" role="alert">{attempt.refusal("name")}</p>
            <Foot attempt field="parent" word="Move" close=room.dialogs.moving />
        </form>
    }
}

fn choice(
    id: DomainId,
    path: String,
    target: Memo<Option<DomainId>>,
    chosen: RwSignal<Option<DomainId>>,
) -> AnyView {
    view! {
        <label class="target">
            <input
                type="radio"
                name="target"
                prop:checked=told::flag(move || target.get() == Some(id))
                on:change=move |_| chosen.set(Some(id))
            />
            <span>{path}</span>
        </label>
    }
    .into_any()
}
