//! `/settings/components`: what agents are handed out besides settings. Settings > Delivery > Components.

mod bring;
mod list;
mod versions;

use leptos::prelude::*;
use rollcall_shared::ComponentName;
use rollcall_shared::console_api::{Component, Rollout, Subject};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use self::bring::Bring;
use self::list::List;
use self::versions::Versions;
use crate::api::{self, Failure};
use crate::feed::live::Live;
use crate::pages::settings::rollout::RollOut;
use crate::people::People;
use crate::ui::title;
use crate::ui::told::{self, If};
use crate::ui::ways::Ways;

/// Where it stands.
const PATH: &str = "/settings/components";

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Room {
    /// The current version of each name; nothing before they are read.
    current: RwSignal<Option<Vec<Component>>>,
    /// Why they could not be read.
    failure: RwSignal<Option<Failure>>,
    /// The one that is looked at.
    opened: RwSignal<Option<ComponentName>>,
    /// Goes up with each change, so that what is shown is read again.
    change: RwSignal<u32>,
    people: People,
    live: Live,
}

/// The page.
#[component]
pub(crate) fn Components() -> impl IntoView {
    title::use_title("Components · Settings");
    let room = Room {
        current: RwSignal::new(None),
        failure: RwSignal::new(None),
        opened: RwSignal::new(opened_by_address()),
        change: RwSignal::new(0),
        people: expect_context(),
        live: expect_context(),
    };
    provide_context(room);
    room.keep_reading();
    let rollout = Memo::new(move |_| room.rollout_of_opened());
    let opened = Memo::new(move |_| room.opened.get());
    let failed = move || {
        room.failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    };
    let beside = move || {
        opened.get().map(|name| {
            view! {
                <RollOut rollout />
                <Versions name />
            }
        })
    };
    view! {
        <div class="settings components">
            <Ways here=PATH />
            <section class="components__main" aria-labelledby="components-title">
                <h2 class="settings__title" id="components-title">"Components"</h2>
                <p class="settings__lead">
                    "Files that agents fetch, verify by their SHA-256 and swap in as one. What follows on a machine its own admin decides: the hook there."
                </p>
                <div role="alert">
                    <If so=told::flag(move || room.failure.with(Option::is_some))>
                        <p class="notice notice--heed">
                            {told::text(failed)} " "
                            <button class="link" on:click=move |_| room.changed()>"Try again"</button>
                        </p>
                    </If>
                </div>
                <List />
                <If so=told::flag(move || room.people.may_set())>
                    <Bring />
                </If>
                <If so=told::flag(move || !room.people.may_set())>
                    <p class="notice" role="note">"Only admins hand out components. You may look."</p>
                </If>
            </section>
            <aside class="settings__beside" aria-label="The component that is looked at">{beside}</aside>
        </div>
    }
}

impl Room {
    /// Reads the current versions, and again after each change, of this screen or of another: then there is a roll-out of a
    /// version that is not shown.
    fn keep_reading(self) {
        let elsewhere = Memo::new(move |_| {
            let on_the_way = self.live.rollouts();
            self.current.with(|current| {
                let current = current.as_deref().unwrap_or_default();
                on_the_way
                    .iter()
                    .filter(|rollout| is_of_none(rollout, current))
                    .count()
            })
        });
        Effect::new(move |_| {
            self.change.get();
            elsewhere.get();
            spawn_local(async move {
                match api::components::current().await {
                    Ok(current) => {
                        self.failure.set(None);
                        if self.opened.with_untracked(Option::is_none) {
                            self.opened
                                .set(current.first().map(|component| component.name.clone()));
                        }
                        self.current.set(Some(current));
                    }
                    Err(failure) => {
                        self.people.heed(&failure);
                        self.failure.set(Some(failure));
                    }
                }
            });
        });
    }

    /// Something was changed here.
    fn changed(self) {
        self.change.update(|change| *change += 1);
    }

    /// Looks at one, and lets the address say so: it can be sent to a colleague.
    fn open(self, name: ComponentName) {
        if let Ok(history) = window().history() {
            // An address of this page's own path can always be written.
            let address = format!("{PATH}?component={name}");
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
        self.opened.set(Some(name));
    }

    /// How far the current version of what is looked at has got; tracked.
    fn rollout_of_opened(self) -> Option<Rollout> {
        let opened = self.opened.get()?;
        let component = self.current.with(|current| {
            let current = current.as_deref().unwrap_or_default();
            current.iter().find(|component| component.name == opened).cloned()
        })?;
        self.rollout_of(&component)
    }

    /// How far a version has got; tracked.
    fn rollout_of(self, component: &Component) -> Option<Rollout> {
        let rollouts = self.live.rollouts();
        rollouts.into_iter().find(|rollout| is_of(rollout, component))
    }
}

fn is_of(rollout: &Rollout, component: &Component) -> bool {
    match &rollout.subject {
        Subject::Component(name, version) => *name == component.name && *version == component.version,
        Subject::Settings(_) => false,
    }
}

/// A component's that is not among these.
fn is_of_none(rollout: &Rollout, current: &[Component]) -> bool {
    matches!(rollout.subject, Subject::Component(..))
        && !current.iter().any(|component| is_of(rollout, component))
}

/// The component that the address names.
fn opened_by_address() -> Option<ComponentName> {
    let search = window().location().search().ok()?;
    search.strip_prefix("?component=")?.parse().ok()
}
