//! What was done to a domain is said for a while, and can be taken back as long.

use std::sync::Arc;

use leptos::prelude::*;
use rollcall_shared::console_api::DomainChange;
use wasm_bindgen_futures::spawn_local;

use super::Room;
use crate::api;
use crate::domains::{Folder, find};

/// Says what was done to a domain, and offers to take it back: unless it is not as it was left, because somebody else
/// changed it meanwhile.
pub(super) fn offer(room: &Room, done: String, before: Folder, after: Folder) {
    if is_same(&before, &after) {
        return;
    }
    let (folders, people, toasts) = (room.folders, room.people, room.toasts);
    let undo = Arc::new(move || {
        let now = folders.with_untracked(|folders| find(folders, before.id).cloned());
        if !now.is_some_and(|now| is_same(&now, &after)) {
            toasts.say("Not taken back: it was changed again meanwhile.".to_owned(), None);
            return;
        }
        let back = DomainChange {
            name: (before.name != after.name).then(|| before.name.clone()),
            parent: before.parent.filter(|_| before.parent != after.parent),
        };
        let id = before.id;
        spawn_local(async move {
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

/// Whether a domain is where it is and called what it is called.
fn is_same(one: &Folder, other: &Folder) -> bool {
    one.name == other.name && one.parent == other.parent
}
