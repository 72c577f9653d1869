//! `/settings`: what is set for the fleet. Settings > Global agent settings > Network > Unreachable network.

mod conflict;
mod differences;
mod fields;
mod foot;
mod form;
mod history;
mod minutes;
mod networks;
pub(crate) mod rollout;

use leptos::prelude::*;
use rollcall_shared::console_api::SettingsInForce;
use wasm_bindgen_futures::spawn_local;

use self::fields::Fields;
use self::foot::Foot;
use self::form::Form;
use self::history::History;
use self::rollout::RollOut;
use crate::api::{self, Failure};
use crate::people::People;
use crate::ui::title;
use crate::ui::told::{self, If};
use crate::ui::ways::Ways;

/// The page: ways to the other pages of this document, the form, and what became of it.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    title::use_title("Unreachable network · Settings");
    let people = expect_context::<People>();
    let read = RwSignal::new(None::<Result<SettingsInForce, Failure>>);
    let ask = move || {
        spawn_local(async move {
            let answer = api::settings::in_force().await;
            if let Err(failure) = &answer {
                people.heed(failure);
            }
            read.set(Some(answer));
        });
    };
    ask();
    let content = move || match read.get() {
        None => view! { <p class="settings__wait">"Reading the settings…"</p> }.into_any(),
        Some(Err(failure)) => view! {
            <div class="settings__wait">
                <p role="alert">{failure.to_string()}</p>
                <button class="button" on:click=move |_| ask()>"Try again"</button>
            </div>
        }
        .into_any(),
        Some(Ok(in_force)) => view! { <UnreachableNetwork in_force /> }.into_any(),
    };
    view! {
        <div class="settings">
            <Ways here="/settings/unreachable-network" />
            {content}
        </div>
    }
}

#[component]
fn UnreachableNetwork(in_force: SettingsInForce) -> impl IntoView {
    let form = Form::new(in_force);
    provide_context(form);
    let people = expect_context::<People>();
    let newer = move || {
        form.newer
            .get()
            .map(|version| {
                format!("Version {version} was saved meanwhile. When you save, it is shown beside what you changed.")
            })
            .unwrap_or_default()
    };
    view! {
        <section class="settings__form" aria-labelledby="settings-title">
            <div class="settings__fields">
                <h2 class="settings__title" id="settings-title">"Unreachable network"</h2>
                <p class="settings__lead">
                    "Agents in these networks cannot be connected to. The server does not notify them: it waits for their heartbeat and their poll."
                </p>
                <If so=told::flag(move || form.passed_over.with(Option::is_some))>
                    <p class="notice notice--heed" role="note">{told::text(move || passed_over(&form))}</p>
                </If>
                <If so=told::flag(move || !people.may_set())>
                    <p class="notice" role="note">"Only admins change settings. You may look."</p>
                </If>
                <p class="notice" role="status" hidden=told::flag(move || form.newer.get().is_none())>{told::text(newer)}</p>
                <Fields />
            </div>
            <Foot />
        </section>
        <aside class="settings__beside">
            <RollOut rollout=rollout::of_settings() />
            <History />
        </aside>
        <conflict::Conflict />
    }
}

/// A version that cannot be used, in words.
fn passed_over(form: &Form) -> String {
    let in_force = form.base.with(|base| base.version);
    form.passed_over.with(|passed_over| {
        passed_over
            .as_ref()
            .map(|passed| {
                format!(
                    "Version {} in the database cannot be used and was passed over: {}. Version {in_force} is in force.",
                    passed.version,
                    passed.reason.trim_end_matches('.')
                )
            })
            .unwrap_or_default()
    })
}
