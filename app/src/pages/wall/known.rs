//! What the wall asks the server for, beside its feed: how it stands, and how the last hour went. Asked again and again for
//! weeks, one request of a kind at a time, and not while nobody can see the page.

use core::time::Duration;
use std::collections::VecDeque;

use leptos::prelude::*;
use rollcall_shared::console_api::{Hour, ServerStatus};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::people::People;

/// A page is looked at, or no more.
const SEEN: &str = "visibilitychange";
/// How often the server is asked how it stands.
const STATUS_EVERY: Duration = Duration::from_secs(5);
/// Of so many of its answers one brings the hour along: its last minute is seen to grow.
const HOUR_EVERY: u32 = 3;
/// How many figures of contacts are kept for the line: ten minutes.
const KEPT: usize = 120;

/// The newest answers; nothing where the last question brought none, so that no old figure passes for one of now.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) status: RwSignal<Option<ServerStatus>>,
    pub(super) hour: RwSignal<Option<Hour>>,
    /// Contacts a second, the oldest first.
    pub(super) contacts: RwSignal<VecDeque<u32>>,
    people: People,
    turn: StoredValue<u32>,
    is_asking: StoredValue<bool>,
}

impl Known {
    /// Asks from now on.
    pub(super) fn new() -> Self {
        let known = Self {
            status: RwSignal::new(None),
            hour: RwSignal::new(None),
            contacts: RwSignal::new(VecDeque::new()),
            people: expect_context(),
            turn: StoredValue::new(0),
            is_asking: StoredValue::new(false),
        };
        known.ask();
        let looked_at = Closure::<dyn FnMut()>::new(move || known.look());
        let listener = looked_at.as_ref().unchecked_ref();
        // A listener of this kind can always be added, and taken away.
        let _ = document().add_event_listener_with_callback(SEEN, listener);
        let looked_at = StoredValue::new_local(looked_at);
        on_cleanup(move || {
            looked_at.with_value(|looked_at| {
                let listener = looked_at.as_ref().unchecked_ref();
                let _ = document().remove_event_listener_with_callback(SEEN, listener);
            });
        });
        if let Ok(again) = set_interval_with_handle(move || known.ask(), STATUS_EVERY) {
            on_cleanup(move || again.clear());
        }
        known
    }

    /// What nobody looks at grows old: it is forgotten, and asked for again as soon as somebody does.
    fn look(self) {
        if document().hidden() {
            self.status.set(None);
            self.hour.set(None);
            self.contacts.update(VecDeque::clear);
            self.turn.set_value(0);
        } else {
            self.ask();
        }
    }

    fn ask(self) {
        if document().hidden() || self.is_asking.get_value() {
            return;
        }
        let turn = self.turn.get_value();
        self.turn.set_value(turn.wrapping_add(1));
        self.is_asking.set_value(true);
        spawn_local(async move {
            let status = api::server_status().await;
            if let Err(failure) = &status {
                self.people.heed(failure);
            }
            // Nobody looks any more: what is stored now would be old when somebody does.
            let status = status.ok().filter(|_| !document().hidden());
            if let Some(status) = &status {
                self.note(status.contacts_a_second);
            }
            let was_away = status.is_none();
            // The page may have been left meanwhile.
            let _ = self.status.try_set(status);
            if was_away {
                let _ = self.hour.try_set(None);
                self.turn.try_set_value(0);
            } else if turn.is_multiple_of(HOUR_EVERY) {
                let hour = api::hour().await.ok();
                let _ = self.hour.try_set(hour.filter(|_| !document().hidden()));
            }
            self.is_asking.try_set_value(false);
        });
    }

    fn note(self, contacts: u32) {
        let _ = self.contacts.try_update(|kept| {
            if kept.len() >= KEPT {
                kept.pop_front();
            }
            kept.push_back(contacts);
        });
    }
}
