//! The versions of one component: the way back to an older one, and withdrawing.

use leptos::prelude::*;
use rollcall_shared::ComponentName;
use rollcall_shared::console_api::Component;
use wasm_bindgen_futures::spawn_local;

use super::Room;
use crate::api::{self, Failure};
use crate::components::size;
use crate::ui::age::When;
use crate::ui::told::{self, If};

/// How many are shown at first, and at each *more*.
const PAGE: u32 = 20;

/// What is known of them.
#[derive(Clone, Copy)]
struct Known {
    lines: RwSignal<Vec<Component>>,
    next: RwSignal<Option<String>>,
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
    name: StoredValue<ComponentName>,
}

/// The versions.
#[component]
pub(super) fn Versions(name: ComponentName) -> impl IntoView {
    let room = expect_context::<Room>();
    let title = format!("Versions of {name}");
    let known = Known {
        lines: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        failure: RwSignal::new(None),
        busy: RwSignal::new(false),
        name: StoredValue::new(name),
    };
    // Again when what is current changes, here or elsewhere.
    Effect::new(move |_| {
        room.current.with(|_| ());
        known.ask(None, room);
    });
    let failed = move || {
        known
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    };
    let lines = move || {
        let lines = known.lines.get();
        lines
            .into_iter()
            .map(|line| version(room, line, known))
            .collect::<Vec<_>>()
    };
    view! {
        <section class="history" aria-labelledby="versions-title">
            <h2 class="beside__name" id="versions-title">{title}</h2>
            <p class="field__refusal" role="alert">{told::text(failed)}</p>
            <ol class="versions" role="list" aria-labelledby="versions-title">
                {lines}
            </ol>
            <If so=told::flag(move || known.next.with(Option::is_some))>
                <button class="button" on:click=move |_| known.ask(known.next.get_untracked(), room)>"Older versions"</button>
            </If>
        </section>
    }
}

impl Known {
    fn ask(self, after: Option<String>, room: Room) {
        let name = self.name.get_value();
        spawn_local(async move {
            match api::components::versions(&name, after.as_deref(), PAGE).await {
                Ok(page) => {
                    self.failure.try_set(None);
                    self.next.try_set(page.next);
                    self.lines.try_update(|lines| {
                        if after.is_none() {
                            lines.clear();
                        }
                        lines.extend(page.items);
                    });
                }
                Err(failure) => {
                    room.people.heed(&failure);
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }

    fn landed(self, room: Room, result: Result<(), Failure>) {
        self.busy.try_set(false);
        match result {
            Ok(()) => {
                self.failure.try_set(None);
                room.changed();
            }
            Err(failure) => {
                room.people.heed(&failure);
                self.failure.try_set(Some(failure));
            }
        }
    }
}

fn version(room: Room, line: Component, known: Known) -> AnyView {
    let is_current = line.current_since_ms.is_some();
    let is_withdrawn = line.withdrawn_at_ms.is_some();
    let (name, version) = (line.name.clone(), line.version.clone());
    let choose = {
        let (name, version) = (name.clone(), version.clone());
        move |_| {
            if known.busy.get_untracked() {
                return;
            }
            known.busy.set(true);
            let (name, version) = (name.clone(), version.clone());
            spawn_local(async move {
                let result = api::components::choose(&name, &version).await.map(drop);
                known.landed(room, result);
            });
        }
    };
    let withdraw = {
        let (name, version) = (name.clone(), version.clone());
        move |_| {
            let asked = format!(
                "Withdraw version {version} of {name}? Agents that have it keep it; no other gets it."
            );
            if known.busy.get_untracked() || window().confirm_with_message(&asked) != Ok(true) {
                return;
            }
            known.busy.set(true);
            let (name, version) = (name.clone(), version.clone());
            spawn_local(async move {
                let result = api::components::withdraw(&name, &version).await;
                known.landed(room, result);
            });
        }
    };
    let (choose, withdraw) = (StoredValue::new(choose), StoredValue::new(withdraw));
    let word = match (is_current, is_withdrawn) {
        (true, _) => Some("current"),
        (_, true) => Some("withdrawn"),
        _ => None,
    };
    let of_choice = format!("Return to version {version}");
    let of_withdrawing = format!("Withdraw version {version}");
    let where_from = match (line.stored, line.sources.as_slice()) {
        (true, []) => String::new(),
        (_, sources) => {
            let sources: Vec<_> = sources.iter().map(ToString::to_string).collect();
            format!("from {}", sources.join(", "))
        }
    };
    view! {
        <li class="version components__version" class:components__version--withdrawn=is_withdrawn>
            <p class="components__head">
                <strong class="components__exact">{line.version.to_string()}</strong>
                {word.map(|word| view! { <span class="version__now">{word}</span> })}
                <span class="version__who">
                    {size(line.size)} ", " {line.author.clone().map(|author| format!("{author}, "))} <When at_ms=line.created_at_ms />
                </span>
            </p>
            <p class="components__exact components__digest">{line.sha256.to_string()}</p>
            {(!where_from.is_empty()).then(|| view! { <p class="version__who">{where_from}</p> })}
            {line.note.map(|note| view! { <p class="version__note">{note}</p> })}
            <If so=told::flag(move || room.people.may_set() && !is_withdrawn)>
                <p class="components__acts">
                    {(!is_current).then(|| view! {
                        <button class="button" aria-label=of_choice.clone() on:click=move |event| choose.with_value(|choose| choose(event))>"Return to it"</button>
                    })}
                    <button class="button" aria-label=of_withdrawing.clone() on:click=move |event| withdraw.with_value(|withdraw| withdraw(event))>"Withdraw"</button>
                </p>
            </If>
        </li>
    }
    .into_any()
}
