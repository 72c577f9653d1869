//! Asks once more before an agent is retired.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::known::Known;
use crate::api::{self, Failure};
use crate::ui::told;

/// What the dialog says and does.
#[component]
pub(super) fn Retire(name: Signal<String>, open: RwSignal<bool>, known: Known) -> impl IntoView {
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let retire = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = api::retire(known.id).await;
            busy.set(false);
            match answer {
                Ok(()) => {
                    open.set(false);
                    known.ask();
                }
                Err(reason) => {
                    known.people.heed(&reason);
                    failure.set(Some(reason));
                }
            }
        });
    };
    view! {
        <div class="dialog__body">
            <p class="form__lead">
                <strong>{name}</strong>
                " leaves the roll call for good: its credential ends, and it is told so at its next contact. Its history stays. To bring the machine back, enrol it anew."
            </p>
            <p class="form__refusal" role="alert">{told::text(move || failure.with(|failure| failure.as_ref().map(ToString::to_string)).unwrap_or_default())}</p>
            <div class="form__acts">
                <button class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button class="button button--grave" disabled=busy on:click=retire>"Retire"</button>
            </div>
        </div>
    }
}
