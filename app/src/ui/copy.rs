//! A line to copy: a command, in full, with a button.

use core::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_futures::spawn_local;

use crate::ui::icon::{Icon, Picture};
use crate::ui::told;

/// How long the button says that it copied.
const SAID: Duration = Duration::from_secs(2);

/// A line to copy.
#[component]
pub(crate) fn CopyLine(
    /// What a screen reader calls it.
    label: &'static str,
    /// The line.
    text: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let line = StoredValue::new(text.clone());
    let copy = move |_| {
        if !window().is_secure_context() {
            return;
        }
        spawn_local(async move {
            let written = window().navigator().clipboard().write_text(&line.get_value());
            // Where the person forbids it, the line can still be selected: one click takes all of it.
            if JsFuture::from(written).await.is_ok() {
                copied.set(true);
                set_timeout(
                    move || {
                        copied.try_set(false);
                    },
                    SAID,
                );
            }
        });
    };
    view! {
        <div class="copy">
            <code class="copy__line" role="textbox" aria-readonly="true" aria-label=label tabindex="0">{text}</code>
            // Browsers let only pages under TLS, or of this machine, write to the clipboard.
            <button class="button" on:click=copy hidden=!window().is_secure_context()>
                <Icon of=Signal::derive(move || if copied.get() { Picture::Done } else { Picture::Copy }) />
                <span aria-live="polite">{told::text(move || if copied.get() { "Copied" } else { "Copy" }.to_owned())}</span>
            </button>
        </div>
    }
}
