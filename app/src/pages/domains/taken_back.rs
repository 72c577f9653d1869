//! What was done to a domain is said for a while, and can be taken back as long.

use std::sync::Arc;

use rollcall_shared::DomainId;
use rollcall_shared::console_api::DomainChange;
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::people::People;
use crate::ui::toast::Toasts;

/// Says what was done to a domain; `back` is the change that takes it back.
pub(super) fn offer(toasts: Toasts, people: People, done: String, id: DomainId, back: DomainChange) {
    let undo = Arc::new(move || {
        let back = back.clone();
        spawn_local(async move {
            // Somebody else may have changed it meanwhile, or deleted where it was: then the server says so.
            match api::domains::change(id, &back).await {
                Ok(()) => toasts.say("Taken back".to_owned(), None),
                Err(failure) => {
                    people.heed(&failure);
                    toasts.say(format!("Not taken back: {failure}"), None);
                }
            }
        });
    });
    toasts.say(done, Some(undo));
}
