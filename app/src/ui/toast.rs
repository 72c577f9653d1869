//! A line that says for a while what was done, with the way to take it back where there is one. Ctrl-Z is that way, too.

use core::time::Duration;

use std::sync::Arc;

use leptos::prelude::*;

use crate::keys;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};
use crate::ui::walk;

/// How long it stands, where neither pointer nor keyboard is on it.
const STANDS: Duration = Duration::from_secs(12);

/// Takes an act back. Not a callback of leptos: that ends with whoever made it, and the line outlives them.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// What was done.
#[derive(Clone)]
struct Told {
    words: String,
    undo: Option<Undo>,
}

/// The line, for whoever has something to say.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    told: RwSignal<Option<Told>>,
    /// Counts the lines: one that is gone takes no newer one with it.
    number: StoredValue<u32>,
    is_held: StoredValue<bool>,
}

impl Toasts {
    /// Nothing is said so far.
    pub(crate) fn new() -> Self {
        Self {
            told: RwSignal::new(None),
            number: StoredValue::new(0),
            is_held: StoredValue::new(false),
        }
    }

    /// Says what was done, in the place of what was said before.
    pub(crate) fn say(self, words: String, undo: Option<Undo>) {
        // The page may be gone.
        let number = self.number.try_update_value(|number| {
            *number = number.wrapping_add(1);
            *number
        });
        if let Some(number) = number {
            self.told.set(Some(Told { words, undo }));
            self.end_later(number);
        }
    }

    fn end_later(self, number: u32) {
        let later = move || {
            // The page may be gone, or something else be said.
            if self.number.try_get_value() != Some(number) {
                return;
            }
            if self.is_held.get_value() {
                self.end_later(number);
            } else {
                self.told.set(None);
            }
        };
        set_timeout(later, STANDS);
    }

    fn undo(self) {
        let undo = self
            .told
            .with_untracked(|told| told.as_ref().and_then(|told| told.undo.clone()));
        if let Some(undo) = undo {
            self.hold(false);
            self.told.set(None);
            undo();
        }
    }

    fn hold(self, is_held: bool) {
        self.is_held.set_value(is_held);
    }

    /// Takes the line away by its own button.
    fn close(self) {
        self.hold(false);
        self.told.set(None);
        give_back();
    }
}

/// The button that had the keyboard is gone: that goes back to the table, or to the tree.
fn give_back() {
    if !walk::focus("[data-agent][tabindex=\"0\"]") {
        walk::focus(".folders__row[tabindex=\"0\"]");
    }
}

/// Where the line stands.
#[component]
pub(crate) fn Toast() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let told = toasts.told;
    keys::on_chord(move |event| {
        if event.key() == "z" && !keys::is_typing(event) {
            event.prevent_default();
            toasts.undo();
        }
    });
    let words = told::text(move || {
        told.with(|told| told.as_ref().map(|told| told.words.clone()))
            .unwrap_or_default()
    });
    let has_undo =
        told::flag(move || told.with(|told| told.as_ref().is_some_and(|told| told.undo.is_some())));
    view! {
        // What is hidden when it begins to speak is not heard by every reader, so the one that is heard never is.
        <p class="unseen" role="status">{words}</p>
        <div
            class="toast"
            hidden=told::flag(move || told.with(Option::is_none))
            on:pointerenter=move |_| toasts.hold(true)
            on:pointerleave=move |_| toasts.hold(false)
            on:focusin=move |_| toasts.hold(true)
            on:focusout=move |_| toasts.hold(false)
        >
            <p class="toast__words" aria-hidden="true">{words}</p>
            <If so=has_undo>
                <button class="button toast__undo" title="Undo (Ctrl Z)" on:click=move |_| {
                    toasts.undo();
                    give_back();
                }>"Undo"</button>
            </If>
            <button class="button button--bare" aria-label="Dismiss" on:click=move |_| toasts.close()>
                <Icon of=Picture::Close />
            </button>
        </div>
    }
}
