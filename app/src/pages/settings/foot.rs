//! What stands below the form, always in sight: saving, what keeps from it, and which version this is.

use leptos::prelude::*;
use rollcall_shared::console_api::settings::LONGEST_NOTE;

use super::form::{Form, Said};
use crate::clock;
use crate::feed::live::Live;
use crate::people::People;
use crate::ui::told::{self, If};

/// The foot.
#[component]
pub(super) fn Foot() -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let live = expect_context::<Live>();
    let nothing_to_save = move || {
        form.is_busy.get() || !form.is_changed.get() || form.refusals.with(|refusals| !refusals.is_empty())
    };
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.save();
    };
    let version = move || {
        form.base.with(|base| {
            let when = clock::local(base.saved_at_ms).beside(clock::local(live.now()));
            let author = base.author.as_deref().unwrap_or("the server's flags");
            format!("Version {} · {author}, {when}", base.version)
        })
    };
    let said = move || match form.said.get() {
        Said::Nothing => String::new(),
        Said::Well(words) | Said::Badly(words) => words,
    };
    let said_class = told::text(move || match form.said.get() {
        Said::Badly(_) => "foot__said foot__said--badly".to_owned(),
        Said::Nothing | Said::Well(_) => "foot__said".to_owned(),
    });
    view! {
        <footer class="foot">
            <p class=said_class role="status">{told::text(said)}</p>
            <If so=told::flag(move || people.may_set())>
                <form class="foot__acts" on:submit=save novalidate>
                    <input
                        class="field__input foot__note"
                        id="note"
                        name="note"
                        autocomplete="off"
                        aria-label="Note for the history, optional"
                        placeholder="Note (optional)"
                        maxlength=LONGEST_NOTE.to_string()
                        hidden=told::flag(move || !form.is_changed.get())
                        prop:value=form.note
                        on:input=move |event| form.note.set(event_target_value(&event))
                    />
                    <button class="button button--first" aria-disabled=told::maybe(move || nothing_to_save().then_some("true"))>
                        {told::text(move || if form.is_busy.get() { "Saving…" } else { "Save" }.to_owned())}
                    </button>
                    <button
                        class="button"
                        type="button"
                        aria-disabled=told::maybe(move || (!form.is_changed.get()).then_some("true"))
                        on:click=move |_| {
                            if form.is_changed.get_untracked() {
                                form.discard();
                            }
                        }
                    >
                        "Discard"
                    </button>
                </form>
            </If>
            <p class="foot__state">
                <If so=told::flag(move || form.to_correct().is_some())>
                    <button class="link foot__wrong" on:click=move |_| form.go_to_refused()>
                        {told::text(move || form.to_correct().unwrap_or_default())}
                    </button>
                </If>
                <span>{told::text(version)}</span>
            </p>
        </footer>
    }
}
