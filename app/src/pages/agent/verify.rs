//! *Verify now*: has the server connect to the agent. The outcome stands in the card that explains its status.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::known::Known;
use crate::api;
use crate::ui::told;

/// The button.
#[component]
pub(super) fn VerifyNow(known: Known) -> impl IntoView {
    let busy = RwSignal::new(false);
    let verify = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = api::verify(known.id).await;
            // The panel may have been closed meanwhile.
            let _ = busy.try_set(false);
            known.verified(answer);
        });
    };
    let word = told::text(move || if busy.get() { "Verifying…" } else { "Verify now" }.to_owned());
    view! {
        <button class="button panel__verify" disabled=busy on:click=verify>{word}</button>
    }
}
