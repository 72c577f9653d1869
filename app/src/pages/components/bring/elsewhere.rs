//! Places where agents find the bytes, and what the bytes must be.

use leptos::prelude::*;
use rollcall_shared::component::{Sha256, SourceUrl};
use rollcall_shared::console_api::NewComponent;
use rollcall_shared::{ComponentName, ComponentVersion};
use wasm_bindgen_futures::spawn_local;

use super::{Form, capital};
use crate::api;
use crate::ui::field::Field;

/// The fields.
#[component]
pub(super) fn Elsewhere(form: Form) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for="component-sources">"Addresses"</label>
            <textarea
                class="field__input bring__sources"
                id="component-sources"
                rows="3"
                spellcheck="false"
                aria-describedby="component-sources-hint"
                prop:value=form.sources
                on:input=move |event| form.sources.set(event_target_value(&event))
            ></textarea>
            <p class="field__refusal" role="alert">{form.refusal("sources")}</p>
            <p class="field__hint" id="component-sources-hint">"One to four, a line each, tried in this order. The server never asks them itself."</p>
        </div>
        <div class="bring__pair">
            <Field id="component-size" label="Size in bytes" value=form.size refusal=form.refusal("size") />
            <Field id="component-sha256" label="SHA-256" value=form.sha256 refusal=form.refusal("sha256") />
        </div>
    }
}

/// Names the version with its sources.
pub(super) fn name_sources(form: Form, name: ComponentName, version: ComponentVersion) {
    let size = form.size.with_untracked(|size| size.trim().parse::<u64>());
    let sha256 = form
        .sha256
        .with_untracked(|sha256| sha256.trim().parse::<Sha256>());
    let sources = form.sources.with_untracked(|sources| {
        let lines = sources.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::parse::<SourceUrl>).collect::<Result<Vec<_>, _>>()
    });
    if size.is_err() {
        form.refuse("size", "How many bytes it has, as a whole number.");
    }
    if sha256.is_err() {
        form.refuse("sha256", capital(Sha256::ALLOWED));
    }
    if let Err(error) = &sources {
        form.refuse("sources", error.to_string());
    }
    let (Ok(size), Ok(sha256), Ok(sources)) = (size, sha256, sources) else {
        return;
    };
    let note = form.note.with_untracked(|note| note.trim().to_owned());
    let new = NewComponent {
        name,
        version,
        size,
        sha256,
        sources,
        note: (!note.is_empty()).then_some(note),
    };
    form.busy.set(true);
    spawn_local(async move {
        form.landed(api::components::name_sources(&new).await);
    });
}
