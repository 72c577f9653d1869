//! Handing out a new version: a file from here, or the places where agents find one.

mod elsewhere;
mod upload;

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::component::LONGEST_NOTE;
use rollcall_shared::console_api::Component;
use rollcall_shared::{ComponentName, ComponentVersion};
use web_sys::SubmitEvent;

use self::elsewhere::Elsewhere;
use self::upload::FromHere;
use super::Room;
use crate::api::Failure;
use crate::api::components::Upload;
use crate::components::{percent, size};
use crate::ui::field::Field;
use crate::ui::told::{self, If};

/// The form, as it is filled in.
#[derive(Clone, Copy)]
struct Form {
    name: RwSignal<String>,
    version: RwSignal<String>,
    note: RwSignal<String>,
    /// Whether agents find the bytes elsewhere.
    elsewhere: RwSignal<bool>,
    file: NodeRef<html::Input>,
    sources: RwSignal<String>,
    size: RwSignal<String>,
    sha256: RwSignal<String>,
    /// What is wrong, by field; `""` for what no field is the cause of.
    refusals: RwSignal<Vec<(String, String)>>,
    /// What became of it.
    said: RwSignal<String>,
    busy: RwSignal<bool>,
    /// How many bytes have gone of how many.
    sent: RwSignal<Option<(u64, u64)>>,
    upload: StoredValue<Option<Upload>, LocalStorage>,
    room: StoredValue<Room>,
}

/// The form.
#[component]
pub(super) fn Bring() -> impl IntoView {
    let form = Form {
        name: RwSignal::new(String::new()),
        version: RwSignal::new(String::new()),
        note: RwSignal::new(String::new()),
        elsewhere: RwSignal::new(false),
        file: NodeRef::new(),
        sources: RwSignal::new(String::new()),
        size: RwSignal::new(String::new()),
        sha256: RwSignal::new(String::new()),
        refusals: RwSignal::new(Vec::new()),
        said: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
        sent: RwSignal::new(None),
        upload: StoredValue::new_local(None),
        room: StoredValue::new(expect_context()),
    };
    let hand_out = move |event: SubmitEvent| {
        event.prevent_default();
        form.hand_out();
    };
    let choice = move |word: &'static str, elsewhere: bool| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="where"
                    prop:checked=move || form.elsewhere.get() == elsewhere
                    on:change=move |_| form.elsewhere.set(elsewhere)
                />
                <span class="choice__word">{word}</span>
            </label>
        }
    };
    view! {
        <form class="bring" aria-labelledby="bring-title" on:submit=hand_out novalidate>
            <h3 class="part__title" id="bring-title">"Hand out a version"</h3>
            <div class="bring__pair">
                <Field id="component-name" label="Name" value=form.name refusal=form.refusal("name") />
                <Field id="component-version" label="Version" value=form.version refusal=form.refusal("version") />
            </div>
            <fieldset class="choices">
                <legend class="choices__name">"Where agents get it"</legend>
                <div class="choices__all">{choice("From this server", false)} {choice("From elsewhere", true)}</div>
            </fieldset>
            <If
                so=form.elsewhere.into()
                otherwise=ViewFn::from(move || view! { <FromHere form /> })
            >
                <Elsewhere form />
            </If>
            <div class="field">
                <label class="field__label" for="component-note">"Note"</label>
                <input
                    class="field__input"
                    id="component-note"
                    autocomplete="off"
                    maxlength=LONGEST_NOTE.to_string()
                    prop:value=form.note
                    on:input=move |event| form.note.set(event_target_value(&event))
                />
                <p class="field__refusal" role="alert">{form.refusal("note")}</p>
            </div>
            <p class="form__refusal" role="alert">{form.refusal("")}</p>
            <If so=told::flag(move || form.sent.with(Option::is_some))>
                <Progress form />
            </If>
            <p class="bring__acts">
                <button class="button button--first" aria-disabled=told::maybe(move || form.busy.get().then_some("true"))>
                    {told::text(move || if form.busy.get() { "Handing out…" } else { "Hand out" }.to_owned())}
                </button>
                <span class="bring__said" role="status">{form.said}</span>
            </p>
        </form>
    }
}

/// How far the upload is.
#[component]
fn Progress(form: Form) -> impl IntoView {
    let share = move || form.sent.get().map_or(0, |(sent, all)| percent(sent, all));
    let words = move || match form.sent.get() {
        Some((sent, all)) if sent >= all => "All is sent; the server hashes and keeps it".to_owned(),
        Some((sent, all)) => format!("{} of {}", size(sent), size(all)),
        None => String::new(),
    };
    let cancel = move |_| {
        form.upload.with_value(|upload| {
            if let Some(upload) = upload {
                upload.cancel();
            }
        });
    };
    view! {
        <div class="bring__progress">
            <progress class="rollout__bar" max="100" value=told::text(move || share().to_string()) aria-label="Upload"></progress>
            <span>{told::text(words)}</span>
            <button class="link" type="button" on:click=cancel>"Cancel"</button>
        </div>
    }
}

impl Form {
    /// What is wrong with a field; tracked.
    fn refusal(self, field: &'static str) -> Signal<String> {
        told::text(move || {
            self.refusals.with(|refusals| {
                let of_field = refusals.iter().filter(|(name, _)| name == field);
                of_field
                    .map(|(_, words)| words.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        })
    }

    fn refuse(self, field: &str, words: impl Into<String>) {
        self.refusals
            .update(|refusals| refusals.push((field.to_owned(), words.into())));
    }

    fn hand_out(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.refusals.set(Vec::new());
        self.said.set(String::new());
        // By the code that the server judges with.
        let name = self
            .name
            .with_untracked(|name| name.trim().parse::<ComponentName>());
        let version = self
            .version
            .with_untracked(|version| version.trim().parse::<ComponentVersion>());
        if name.is_err() {
            self.refuse("name", capital(ComponentName::ALLOWED));
        }
        if version.is_err() {
            self.refuse("version", capital(ComponentVersion::ALLOWED));
        }
        let (Ok(name), Ok(version)) = (name, version) else {
            return;
        };
        if self.elsewhere.get_untracked() {
            elsewhere::name_sources(self, name, version);
        } else {
            upload::upload(self, name, version);
        }
    }

    /// It ended, one way or the other.
    fn landed(self, result: Result<Component, Failure>) {
        self.busy.set(false);
        self.sent.set(None);
        self.upload.set_value(None);
        match result {
            Ok(component) => {
                self.said.set(format!(
                    "{} {} is handed out. Its SHA-256 is {}.",
                    component.name, component.version, component.sha256
                ));
                for field in [self.version, self.note, self.size, self.sha256, self.sources] {
                    field.set(String::new());
                }
                if let Some(input) = self.file.get_untracked() {
                    input.set_value("");
                }
                let room = self.room.get_value();
                room.open(component.name);
                room.changed();
            }
            Err(failure) => {
                self.room.get_value().people.heed(&failure);
                for error in failure.fields() {
                    let field = error.field.split('[').next().unwrap_or_default();
                    let known = ["name", "version", "note", "size", "sha256", "sources"].contains(&field);
                    let allowed = error
                        .allowed
                        .as_deref()
                        .map(|allowed| format!(" Allowed: {allowed}."));
                    let words = format!("{}{}", error.detail, allowed.unwrap_or_default());
                    self.refuse(if known { field } else { "" }, words);
                }
                if failure.fields().is_empty() {
                    self.refuse("", failure.to_string());
                }
            }
        }
    }
}

/// A sentence of what is allowed.
fn capital(allowed: &str) -> String {
    format!("Allowed are {allowed}.")
}
