//! `/settings/server`: how the server itself stands, and how well it keeps its promise. Settings > Server > Status.

use core::time::Duration;

use leptos::prelude::*;
use rollcall_shared::console_api::{Lateness, PartStatus, ServerStatus};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::clock;
use crate::people::People;
use crate::standing;
use crate::ui::title;
use crate::ui::told::{self, If};
use crate::ui::ways::Ways;

/// Where it stands.
pub(crate) const PATH: &str = "/settings/server";

/// It is asked again so often: what it tells is of an hour.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
struct Known {
    told: RwSignal<Option<ServerStatus>>,
    failure: RwSignal<Option<Failure>>,
    people: People,
}

/// The page.
#[component]
pub(crate) fn Server() -> impl IntoView {
    title::use_title("Server · Settings");
    let known = Known {
        told: RwSignal::new(None),
        failure: RwSignal::new(None),
        people: expect_context(),
    };
    known.ask();
    if let Ok(again) = set_interval_with_handle(move || known.ask(), EVERY) {
        on_cleanup(move || again.clear());
    }
    let failed = move || {
        known
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    };
    view! {
        <div class="settings server">
            <Ways here=PATH />
            // Nothing in it takes the keyboard, and a low window scrolls it.
            <section class="components__main" aria-labelledby="server-title" tabindex="0">
                <h2 class="settings__title" id="server-title">"Server"</h2>
                <p class="settings__lead">
                    "How the server itself stands, and how well it keeps its promise: an agent goes offline at its deadline, and consoles are told at once."
                </p>
                <div role="alert">
                    <If so=told::flag(move || known.failure.with(Option::is_some))>
                        <p class="notice notice--heed">{told::text(failed)}</p>
                    </If>
                </div>
                <If so=told::flag(move || known.told.with(Option::is_none) && known.failure.with(Option::is_none))>
                    <p class="components__none">"Asking the server…"</p>
                </If>
                {move || known.told.get().map(sections)}
            </section>
        </div>
    }
}

impl Known {
    fn ask(self) {
        spawn_local(async move {
            match api::server_status().await {
                Ok(told) => {
                    // The page may have been left meanwhile.
                    let _ = self.failure.try_set(None);
                    let _ = self.told.try_set(Some(told));
                }
                Err(failure) => {
                    self.people.heed(&failure);
                    let _ = self.failure.try_set(Some(failure));
                }
            }
        });
    }
}

fn sections(told: ServerStatus) -> AnyView {
    let by = told
        .picture
        .complete_by_ms
        .map(|at_ms| clock::local(at_ms).time());
    let picture = standing::picture(&told.picture, by.as_deref());
    let parts = told.parts.into_iter().map(part).collect_view();
    let since = clock::local(told.started_ms).exact();
    view! {
        <h3 class="server__heading">"Its parts"</h3>
        <ul class="server__parts" role="list">{parts}</ul>
        <h3 class="server__heading">"The picture"</h3>
        <p class="server__words" data-testid="picture">{picture}</p>
        <h3 class="server__heading" id="promise">"The promise, over the last hour"</h3>
        <div class="components__scroll" role="region" aria-labelledby="promise" tabindex="0">
            <table class="components__table" aria-labelledby="promise">
                <thead>
                    <tr>
                        <th scope="col">"How late"</th>
                        <th scope="col" class="components__number">"Transitions"</th>
                        <th scope="col" class="components__number">"Half within"</th>
                        <th scope="col" class="components__number">"99 of 100 within"</th>
                        <th scope="col" class="components__number">"All within"</th>
                    </tr>
                </thead>
                <tbody>
                    {row("From a deadline to its transition", &told.noticed)}
                    {row("From a transition to the consoles", &told.told)}
                </tbody>
            </table>
        </div>
        <h3 class="server__heading">"Under load"</h3>
        <p class="server__words">{standing::load(&told.load)}</p>
        <p class="server__words server__words--faint">{format!("Version {}, started {since}.", told.version)}</p>
    }
    .into_any()
}

fn part(part: PartStatus) -> AnyView {
    let name = match part.name.as_str() {
        "database" => "Database".to_owned(),
        "disk" => "Data folder".to_owned(),
        "presence" => "Presence".to_owned(),
        "loopback" => "Loopback packets".to_owned(),
        _ => part.name,
    };
    let (class, word) = match part.wrong {
        None => ("server__part", "Well".to_owned()),
        Some(wrong) => ("server__part server__part--wrong", wrong),
    };
    view! { <li class=class><strong>{name}</strong> " " <span>{word}</span></li> }.into_any()
}

fn row(name: &'static str, lateness: &Lateness) -> AnyView {
    let cells = standing::told(lateness)
        .map(|figure| view! { <td class="components__number">{figure}</td> }.into_any());
    view! { <tr><th scope="row">{name}</th>{cells.into_iter().collect_view()}</tr> }.into_any()
}
