//! The field that takes ranges, one or a whole column.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use rollcall_shared::range::read_list;

use super::super::form::Form;
use crate::ui::told;
use crate::ui::walk;

/// The field that takes what is typed, and a whole column that is pasted.
#[component]
pub(super) fn Add(whole_refusal: Memo<String>) -> impl IntoView {
    let form = expect_context::<Form>();
    let text = RwSignal::new(String::new());
    let add = move || {
        let given = text.get_untracked();
        if !given.trim().is_empty() {
            form.listing.add(&form, &given);
            text.set(String::new());
        }
        walk::focus("#add");
    };
    let enter = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() {
            event.prevent_default();
            add();
        }
    };
    let paste = move |event: web_sys::ClipboardEvent| {
        let pasted = event
            .clipboard_data()
            .and_then(|data| data.get_data("text/plain").ok())
            .unwrap_or_default();
        // One entry is pasted as anywhere, to be looked at; a list is taken at once.
        if text.with_untracked(|text| text.trim().is_empty()) && read_list(&pasted).len() > 1 {
            event.prevent_default();
            form.listing.add(&form, &pasted);
        }
    };
    view! {
        <div class="networks__add">
            <textarea
                class="field__input networks__text"
                id="add"
                rows="1"
                aria-label="Add ranges"
                aria-describedby="unreachable_network-refusal unreachable_network-hint"
                aria-invalid=told::maybe(move || whole_refusal.with(|refusal| !refusal.is_empty()).then_some("true"))
                placeholder="Add a range, or paste a column"
                autocomplete="off"
                spellcheck="false"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=enter
                on:paste=paste
            ></textarea>
            <button class="button" on:click=move |_| add()>"Add"</button>
        </div>
    }
}
