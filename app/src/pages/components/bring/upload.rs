//! A file from here, which the server keeps and gives to agents.

use leptos::prelude::*;
use rollcall_shared::{ComponentName, ComponentVersion};
use wasm_bindgen_futures::spawn_local;

use super::Form;
use crate::api::components::Upload;

/// The field.
#[component]
pub(super) fn FromHere(form: Form) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for="component-file">"File"</label>
            <input class="field__input bring__file" id="component-file" type="file" node_ref=form.file aria-describedby="component-file-hint" />
            <p class="field__refusal" role="alert">{form.refusal("file")}</p>
            <p class="field__hint" id="component-file-hint">"The server computes its SHA-256 as it comes. A version never stands for other bytes."</p>
        </div>
    }
}

/// Uploads the file that was chosen.
pub(super) fn upload(form: Form, name: ComponentName, version: ComponentVersion) {
    let input = form.file.get_untracked();
    let chosen = input
        .and_then(|input| input.files())
        .and_then(|files| files.get(0));
    let Some(file) = chosen else {
        form.refuse("file", "Choose the file.");
        return;
    };
    let Some(upload) = Upload::new() else {
        form.refuse("", "This browser cannot upload.");
        return;
    };
    form.busy.set(true);
    let all = whole(file.size());
    form.sent.set(Some((0, all)));
    form.upload.set_value(Some(upload.clone()));
    let note = form.note.get_untracked();
    spawn_local(async move {
        let sent = move |bytes: f64| {
            form.sent.try_set(Some((whole(bytes), all)));
        };
        let result = upload.send(&name, &version, &note, &file, sent).await;
        form.landed(result);
    });
}

/// The browser counts in numbers that hold every size a file can have.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of files are whole and not negative"
)]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}
