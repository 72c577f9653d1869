//! The form's state: what it was made of, what is typed, what is wrong with it, and the act of saving.

use leptos::prelude::*;
use rollcall_shared::console_api::{Listens, PassedOver, SettingsInForce, SettingsVersion, Subject};
use rollcall_shared::range::Merged;
use rollcall_shared::settings::draft::{self, Draft};
use rollcall_shared::settings::networks::Networks;
use rollcall_shared::settings::{Field, HeartbeatScope, LoopbackMode};
use rollcall_shared::{FieldError, Settings};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::networks::Listing;
use crate::api::{self, Failure};
use crate::feed::live::Live;
use crate::people::People;
use crate::ui::walk;

/// The form, for each of its parts.
#[derive(Clone, Copy)]
pub(super) struct Form {
    people: People,
    /// The version that is in force, and that the form was made of.
    pub(super) base: RwSignal<SettingsVersion>,
    /// What the server listens on.
    pub(super) listens: Listens,
    /// A version that cannot be used, newer than the one in force.
    pub(super) passed_over: RwSignal<Option<PassedOver>>,
    /// A version that was saved since, while something was typed here.
    pub(super) newer: RwSignal<Option<u32>>,
    pub(super) networks: RwSignal<Networks>,
    /// Where somebody is in the list of them.
    pub(super) listing: Listing,
    pub(super) poll_every: RwSignal<String>,
    pub(super) heartbeat: RwSignal<bool>,
    pub(super) heartbeat_scope: RwSignal<HeartbeatScope>,
    pub(super) heartbeat_every: RwSignal<String>,
    pub(super) offline_after: RwSignal<String>,
    pub(super) loopback: RwSignal<LoopbackMode>,
    pub(super) loopback_every_seconds: RwSignal<String>,
    /// The fields that the form does not show.
    rest: RwSignal<Settings>,
    pub(super) note: RwSignal<String>,
    /// All of it.
    pub(super) draft: Memo<Draft>,
    /// What is wrong with the list, by line.
    pub(super) line_refusals: Memo<Vec<(Option<u32>, FieldError)>>,
    /// What is wrong with all of it.
    pub(super) refusals: Memo<Vec<FieldError>>,
    /// Whether it means something else than the version that it was made of.
    pub(super) is_changed: Memo<bool>,
    /// What is to be said of the last thing that was done.
    pub(super) said: RwSignal<Said>,
    pub(super) is_busy: RwSignal<bool>,
    /// Somebody else's version and what this one means, while a choice is to be made.
    pub(super) conflict: RwSignal<Option<Conflict>>,
}

/// What is to be said of the last thing that was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing.
    #[default]
    Nothing,
    /// It went well.
    Well(String),
    /// It did not.
    Badly(String),
}

/// Two versions that were made of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// What both were made of.
    pub(super) base: SettingsVersion,
    /// What is in force.
    pub(super) theirs: SettingsVersion,
    /// What was to be saved.
    pub(super) mine: Settings,
}

impl Form {
    /// The form of what is in force. Follows what is saved elsewhere, and warns before what is typed is lost.
    pub(super) fn new(in_force: SettingsInForce) -> Self {
        let listens = in_force.listens;
        let draft = Draft::of(&in_force.in_force.settings);
        let networks = RwSignal::new(draft.networks);
        let poll_every = RwSignal::new(draft.poll_every);
        let heartbeat = RwSignal::new(draft.heartbeat);
        let heartbeat_scope = RwSignal::new(draft.heartbeat_scope);
        let heartbeat_every = RwSignal::new(draft.heartbeat_every);
        let offline_after = RwSignal::new(draft.offline_after);
        let loopback = RwSignal::new(draft.loopback);
        let loopback_every_seconds = RwSignal::new(draft.loopback_every_seconds);
        let rest = RwSignal::new(draft.rest);
        let base = RwSignal::new(in_force.in_force);
        let draft = Memo::new(move |_| Draft {
            networks: networks.get(),
            poll_every: poll_every.get(),
            heartbeat: heartbeat.get(),
            heartbeat_scope: heartbeat_scope.get(),
            heartbeat_every: heartbeat_every.get(),
            offline_after: offline_after.get(),
            loopback: loopback.get(),
            loopback_every_seconds: loopback_every_seconds.get(),
            rest: rest.get(),
        });
        let form = Self {
            people: expect_context::<People>(),
            base,
            listens,
            passed_over: RwSignal::new(in_force.passed_over),
            newer: RwSignal::new(None),
            networks,
            listing: Listing::new(),
            poll_every,
            heartbeat,
            heartbeat_scope,
            heartbeat_every,
            offline_after,
            loopback,
            loopback_every_seconds,
            rest,
            note: RwSignal::new(String::new()),
            draft,
            line_refusals: Memo::new(move |_| networks.with(|networks| networks.refusals(listens))),
            refusals: Memo::new(move |_| draft.with(|draft| draft.refusals(listens))),
            is_changed: Memo::new(move |_| {
                base.with(|base| draft.with(|draft| *draft != Draft::of(&base.settings)))
            }),
            said: RwSignal::new(Said::Nothing),
            is_busy: RwSignal::new(false),
            conflict: RwSignal::new(None),
        };
        form.follow();
        form.keep_from_leaving();
        form
    }

    /// What is wrong with a field that is no list; empty where nothing is.
    pub(super) fn refusal(self, field: Field) -> String {
        self.refusals.with(|refusals| {
            let found = refusals.iter().find(|refusal| refusal.field == field.key());
            found.map(|refusal| refusal.detail.clone()).unwrap_or_default()
        })
    }

    /// `2 fields to correct`, or nothing.
    pub(super) fn to_correct(self) -> Option<String> {
        self.refusals.with(|refusals| draft::to_correct(refusals))
    }

    /// Moves the keyboard to the first field that is wrong.
    pub(super) fn go_to_refused(self) {
        self.listing.to_refused(&self);
        // A line of another page is there at the next frame.
        request_animation_frame(|| {
            walk::focus(".settings__fields [aria-invalid=true]");
        });
    }

    /// Makes the form anew of what was saved.
    pub(super) fn adopt(self, version: SettingsVersion) {
        self.fill(&version.settings);
        self.base.set(version);
        self.note.set(String::new());
        self.newer.set(None);
    }

    /// Puts settings into the fields, whatever version the form was made of.
    pub(super) fn fill(self, settings: &Settings) {
        let draft = Draft::of(settings);
        self.networks.set(draft.networks);
        self.poll_every.set(draft.poll_every);
        self.heartbeat.set(draft.heartbeat);
        self.heartbeat_scope.set(draft.heartbeat_scope);
        self.heartbeat_every.set(draft.heartbeat_every);
        self.offline_after.set(draft.offline_after);
        self.loopback.set(draft.loopback);
        self.loopback_every_seconds.set(draft.loopback_every_seconds);
        self.rest.set(draft.rest);
    }

    /// Back to the version that the form was made of, or to the newer one.
    pub(super) fn discard(self) {
        self.adopt(self.base.get_untracked());
        self.said
            .set(Said::Well("What was typed is discarded.".to_owned()));
        self.look_for_newer();
    }

    /// Saves what is typed, where nothing is wrong with it.
    pub(super) fn save(self) {
        if self.is_busy.get_untracked() {
            return;
        }
        if self.refusals.with_untracked(|refusals| !refusals.is_empty()) {
            self.go_to_refused();
            return;
        }
        if self.is_changed.get_untracked() {
            self.save_over(
                self.base.with_untracked(|base| base.version),
                self.draft.with_untracked(Draft::meant),
            );
        }
    }

    /// Saves settings as the version after `of`.
    pub(super) fn save_over(self, of: u32, settings: Settings) {
        self.is_busy.set(true);
        self.said.set(Said::Nothing);
        spawn_local(async move {
            let note = self.note.get_untracked();
            match api::settings::save(of, &settings, &note).await {
                Ok(saved) => {
                    let words = format!(
                        "Saved as version {}. {}",
                        saved.in_force.version,
                        merged(&saved.merged)
                    );
                    self.passed_over.set(None);
                    self.conflict.set(None);
                    self.adopt(saved.in_force);
                    self.said.set(Said::Well(words.trim_end().to_owned()));
                }
                Err(failure) if failure.is_outdated() => self.show_conflict(settings).await,
                Err(failure) => self.failed(&failure),
            }
            self.is_busy.set(false);
        });
    }

    /// Reads what somebody else saved, to be shown beside what was to be saved here.
    async fn show_conflict(self, mine: Settings) {
        match api::settings::in_force().await {
            Ok(now) => self.conflict.set(Some(Conflict {
                base: self.base.get_untracked(),
                theirs: now.in_force,
                mine,
            })),
            Err(failure) => self.failed(&failure),
        }
    }

    fn failed(self, failure: &Failure) {
        self.people.heed(failure);
        let fields: Vec<&str> = failure
            .fields()
            .iter()
            .map(|field| field.detail.as_str())
            .collect();
        self.said.set(Said::Badly(if fields.is_empty() {
            format!("Not saved. {failure}")
        } else {
            format!("Not saved. {}", fields.join(" "))
        }));
    }

    /// Takes over what is saved elsewhere, or says so where something is typed.
    fn follow(self) {
        let live = expect_context::<Live>();
        let newest = Memo::new(move |_| {
            let rollouts = live.rollouts();
            rollouts
                .iter()
                .filter_map(|rollout| match rollout.subject {
                    Subject::Settings(version) => Some(version),
                    Subject::Component(..) => None,
                })
                .max()
        });
        Effect::new(move |_| {
            let Some(newest) = newest.get() else { return };
            if newest > self.base.with_untracked(|base| base.version) && !self.is_busy.get_untracked() {
                if self.is_changed.get_untracked() {
                    self.newer.set(Some(newest));
                } else {
                    self.look_for_newer();
                }
            }
        });
    }

    fn look_for_newer(self) {
        spawn_local(async move {
            // A failure costs nothing: the save would find the newer version, too.
            if let Ok(now) = api::settings::in_force().await
                && now.in_force.version > self.base.with_untracked(|base| base.version)
                && !self.is_changed.get_untracked()
            {
                self.passed_over.set(now.passed_over);
                self.adopt(now.in_force);
            }
        });
    }

    /// Has the browser ask before a page with something typed is left.
    fn keep_from_leaving(self) {
        let listener = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            if self.is_changed.try_get_untracked() == Some(true)
                || self.note.try_with_untracked(|note| !note.trim().is_empty()) == Some(true)
            {
                event.prevent_default();
            }
        });
        // It lives as long as the document, of which this is the only page.
        let _ = window().add_event_listener_with_callback("beforeunload", listener.as_ref().unchecked_ref());
        listener.forget();
    }
}

/// What was merged, in words; empty where nothing was.
pub(super) fn merged(merged: &[Merged]) -> String {
    /// More would be a list that nobody reads.
    const TOLD: usize = 3;
    let told: Vec<String> = merged
        .iter()
        .take(TOLD)
        .map(|one| format!("{} overlapped and is part of {} now.", one.given, one.into))
        .collect();
    let told = told.join(" ");
    match merged.len().saturating_sub(TOLD) {
        0 => told,
        more => format!("{told} So are {more} more, of theirs."),
    }
}
