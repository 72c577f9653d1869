//! Every version of the settings: who saved it when, what was noted, what it changed; and the way back to it.

use leptos::prelude::*;
use rollcall_shared::console_api::{SettingsVersion, VersionSummary};
use rollcall_shared::settings::difference::differences;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::differences::Differences;
use super::form::{Form, Said};
use crate::api::{self, Failure};
use crate::people::People;
use crate::ui::age::When;
use crate::ui::told::{self, If};
use crate::ui::walk;

/// How many versions are shown at first, and at each *more*.
const PAGE: u32 = 20;
/// As many as the API gives at once: for the way to one that the address names.
const FAR: u32 = 1_000;

/// The versions, and which of them is opened.
#[derive(Clone, Copy)]
struct Versions {
    lines: RwSignal<Vec<VersionSummary>>,
    next: RwSignal<Option<String>>,
    failure: RwSignal<Option<Failure>>,
    opened: RwSignal<Option<u32>>,
    /// The one that the address names, until it was found or there is none.
    sought: RwSignal<Option<u32>>,
    /// The one that the address names though there is none.
    missing: RwSignal<Option<u32>>,
}

/// The history.
#[component]
pub(super) fn History() -> impl IntoView {
    let form = expect_context::<Form>();
    let versions = Versions {
        lines: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        failure: RwSignal::new(None),
        opened: RwSignal::new(opened_by_address()),
        sought: RwSignal::new(opened_by_address()),
        missing: RwSignal::new(None),
    };
    let in_force = Memo::new(move |_| form.base.with(|base| base.version));
    Effect::new(move |_| {
        in_force.get();
        versions.ask(None, PAGE);
    });
    let failed = move || {
        versions
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    };
    let missing = move || {
        let missing = versions.missing.get();
        missing.map_or_else(String::new, |version| format!("There is no version {version}."))
    };
    view! {
        <section class="history" aria-labelledby="history-title">
            <h2 class="beside__name" id="history-title">"History"</h2>
            <ol class="versions" role="list" aria-labelledby="history-title">
                <For
                    each=move || versions.lines.get()
                    key=|line| line.version
                    children=move |line| view! { <Version line versions in_force /> }
                />
            </ol>
            <p class="field__refusal" role="alert">{told::text(failed)}</p>
            <p class="field__refusal" role="status">{told::text(missing)}</p>
            <If so=told::flag(move || versions.next.with(Option::is_some))>
                <button class="button" on:click=move |_| versions.ask(versions.next.get_untracked(), PAGE)>"Older versions"</button>
            </If>
        </section>
    }
}

impl Versions {
    fn ask(self, after: Option<String>, limit: u32) {
        spawn_local(async move {
            match api::settings::versions(after.as_deref(), limit).await {
                Ok(page) => {
                    self.failure.set(None);
                    self.next.set(page.next);
                    self.lines.update(|lines| {
                        if after.is_none() {
                            lines.clear();
                        }
                        lines.extend(page.items);
                    });
                    self.seek();
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    /// Goes on to the version that the address names, and brings it into sight.
    fn seek(self) {
        let Some(sought) = self.sought.get_untracked() else {
            return;
        };
        let (is_there, last) = self.lines.with_untracked(|lines| {
            let last = lines.last().map_or(0, |line| line.version);
            (lines.iter().any(|line| line.version == sought), last)
        });
        let next = self.next.get_untracked().filter(|_| !is_there && sought < last);
        if next.is_some() {
            self.ask(next, FAR);
            return;
        }
        self.sought.set(None);
        if is_there {
            request_animation_frame(move || {
                if let Some(line) = document().get_element_by_id(&line_id(sought)) {
                    line.scroll_into_view();
                }
            });
        } else {
            self.missing.set(Some(sought));
        }
    }

    fn open(self, version: u32) {
        let opened = (self.opened.get_untracked() != Some(version)).then_some(version);
        self.opened.set(opened);
        let address = match opened {
            Some(version) => format!("{}?version={version}", path()),
            None => path(),
        };
        if let Ok(history) = window().history() {
            // An address of this page's own path can always be written.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
    }
}

/// What the line of a version is called in the page.
fn line_id(version: u32) -> String {
    format!("version-{version}")
}

fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The version that the address names, so that one can be sent to a colleague.
fn opened_by_address() -> Option<u32> {
    let search = window().location().search().ok()?;
    search.strip_prefix("?version=")?.parse().ok()
}

#[component]
fn Version(line: VersionSummary, versions: Versions, in_force: Memo<u32>) -> impl IntoView {
    let version = line.version;
    let is_open = Memo::new(move |_| versions.opened.get() == Some(version));
    let author = line
        .author
        .clone()
        .unwrap_or_else(|| "the server's flags".to_owned());
    let unreadable = line.unreadable.clone();
    let is_readable = unreadable.is_none();
    view! {
        <li class="version" id=line_id(version)>
            <button
                class="version__head"
                aria-expanded=told::text(move || is_open.get().to_string())
                on:click=move |_| versions.open(version)
            >
                <strong>{format!("Version {version}")}</strong>
                <If so=told::flag(move || in_force.get() == version)>
                    <span class="version__now">"in force"</span>
                </If>
                <span class="version__who">{author} ", " <When at_ms=line.saved_at_ms /></span>
                {line.note.map(|note| view! { <span class="version__note">{note}</span> })}
                {unreadable.map(|reason| view! { <span class="version__broken">{format!("Cannot be used, and was passed over: {reason}")}</span> })}
            </button>
            <If so=told::flag(move || is_open.get() && is_readable)>
                <Opened version in_force versions />
            </If>
        </li>
    }
}

/// What a version changed, and the way back to it.
#[component]
fn Opened(version: u32, in_force: Memo<u32>, versions: Versions) -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let read = RwSignal::new(None::<Result<(SettingsVersion, Option<SettingsVersion>), Failure>>);
    spawn_local(async move {
        let answer = async {
            let this = api::settings::version(version).await?;
            let before = match versions.before(version).await? {
                Some(before) => Some(api::settings::version(before).await?),
                None => None,
            };
            Ok((this, before))
        };
        let answer = answer.await;
        read.try_set(Some(answer));
    });
    let content = move || match read.get() {
        None => view! { <p class="version__wait">"Reading it…"</p> }.into_any(),
        Some(Err(failure)) => {
            view! { <p class="field__refusal" role="alert">{failure.to_string()}</p> }.into_any()
        }
        Some(Ok((this, before))) => {
            let what = match &before {
                Some(before) => view! {
                    <p class="version__since">{format!("Since version {}:", before.version)}</p>
                    <Differences of=differences(&before.settings, &this.settings) />
                }
                .into_any(),
                None => view! { <p class="version__since">"There is none before it to compare with."</p> }
                    .into_any(),
            };
            let settings = StoredValue::new(this.settings);
            let go_back = move |_| {
                const ASKED: &str = "What is typed and not saved would be lost. Go on?";
                if form.is_changed.get_untracked() && window().confirm_with_message(ASKED) != Ok(true) {
                    return;
                }
                form.fill(&settings.get_value());
                form.note.set(format!("Return to version {version}"));
                form.said.set(Said::Well(format!(
                    "Version {version} is in the form. Save it to return to it."
                )));
                // It is shown as soon as something is changed, at the next frame.
                request_animation_frame(|| {
                    walk::focus("#note");
                });
            };
            view! {
                {what}
                <If so=told::flag(move || people.may_set() && in_force.get() != version)>
                    <button class="button version__return" on:click=go_back>"Return to this version"</button>
                </If>
            }
            .into_any()
        }
    };
    view! { <div class="version__body">{content}</div> }
}

impl Versions {
    /// The version before one, that can be read: of the lines that are shown, else of those that are not yet.
    async fn before(self, version: u32) -> Result<Option<u32>, Failure> {
        let shown = self
            .lines
            .try_with_untracked(|lines| readable_before(lines, version));
        if let Some(Some(before)) = shown {
            return Ok(Some(before));
        }
        let mut after = Some(version.to_string());
        while after.is_some() {
            let page = api::settings::versions(after.as_deref(), PAGE).await?;
            if let Some(before) = readable_before(&page.items, version) {
                return Ok(Some(before));
            }
            after = page.next;
        }
        Ok(None)
    }
}

fn readable_before(lines: &[VersionSummary], version: u32) -> Option<u32> {
    let older = lines
        .iter()
        .find(|line| line.version < version && line.unreadable.is_none());
    older.map(|line| line.version)
}
