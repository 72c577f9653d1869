//! Something that is asked of the server by a dialog: under way once at a time, and what was wrong with it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::api::Failure;
use crate::people::People;
use crate::ui::told;

/// An act of a dialog.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
    people: People,
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
            people: expect_context(),
        }
    }

    /// Does it, unless it is under way.
    pub(super) fn run<T: 'static>(
        self,
        act: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = act.await;
            self.busy.try_set(false);
            match answer {
                Ok(answer) => done(answer),
                Err(failure) => {
                    self.people.heed(&failure);
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }

    /// Whether it is under way; tracked.
    pub(super) fn busy(self) -> Signal<Option<String>> {
        told::maybe(move || self.busy.get().then_some("true"))
    }

    /// What is wrong with a field; tracked.
    pub(super) fn refusal(self, field: &'static str) -> Signal<String> {
        told::text(move || {
            self.failure.with(|failure| {
                let Some(error) = failure.as_ref().and_then(|failure| failure.of_field(field)) else {
                    return String::new();
                };
                match &error.allowed {
                    Some(allowed) => format!("{} Allowed: {allowed}.", error.detail),
                    None => error.detail.clone(),
                }
            })
        })
    }

    /// What is wrong where it is not that field; tracked.
    pub(super) fn otherwise(self, field: &'static str) -> Signal<String> {
        told::text(move || {
            self.failure.with(|failure| match failure {
                Some(failure) if failure.of_field(field).is_none() => failure.to_string(),
                _ => String::new(),
            })
        })
    }
}
