//! The mark of a status. Presence is fill, reachability is shape; colour only repeats it.

use leptos::prelude::*;
use rollcall_shared::Status;

use crate::ui::told;

/// The mark of a status, 12 pixels wide. The word stands beside it, so it says nothing to a screen reader.
#[component]
pub(crate) fn Mark(#[prop(into)] status: Signal<Status>) -> impl IntoView {
    let class = told::text(move || format!("mark mark--{}", status.get().key()));
    view! {
        <svg class=class viewBox="0 0 12 12" aria-hidden="true">
            <path d=told::text(move || outline(status.get()).to_owned()) />
        </svg>
    }
}

/// The mark and the word.
#[component]
pub(crate) fn StatusWord(#[prop(into)] status: Signal<Status>) -> impl IntoView {
    view! {
        <span class="status">
            <Mark status />
            <span class="status__word">{told::text(move || status.get().to_string())}</span>
        </span>
    }
}

/// Circle, diamond, bar or cross. Fill and dots are the stylesheet's.
fn outline(status: Status) -> &'static str {
    match status {
        Status::Online | Status::Offline | Status::Pending => {
            "M6 1.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 1 1 0-8.5z"
        }
        Status::UnreachableOnline | Status::UnreachableOffline => "M6 1.25 10.75 6 6 10.75 1.25 6z",
        Status::Inactive => "M2 6h8",
        Status::Retired => "M2.75 2.75l6.5 6.5m0-6.5l-6.5 6.5",
    }
}
