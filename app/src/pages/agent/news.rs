//! What the agent was to be told and how far that got, and which components it has by that.

use leptos::prelude::*;
use rollcall_shared::console_api::{Notification, Subject};

use super::known::{Known, Told};
use crate::news;
use crate::ui::age::When;
use crate::ui::told::{self, If};

/// Both lists.
#[component]
pub(crate) fn News(known: Known) -> impl IntoView {
    let all = move |told: &Told| told.notifications.clone().unwrap_or_default();
    let components = move || {
        let told = known
            .told
            .with(|told| news::components(told.notifications.as_deref().unwrap_or_default()));
        told.into_iter().map(component).collect_view()
    };
    let lines = move || known.told.with(all).iter().map(line).collect_view();
    let has_components = move |told: &Told| {
        let all = told.notifications.as_deref().unwrap_or_default();
        all.iter()
            .any(|one| matches!(one.subject, Subject::Component(..)))
    };
    let is_empty = move |told: &Told| told.notifications.as_ref().is_some_and(Vec::is_empty);
    view! {
        <If so=told::flag(move || known.told.with(has_components))>
            <h3 class="panel__heading">"Components"</h3>
            <dl class="components">
                {components}
            </dl>
        </If>
        <h3 class="panel__heading">"Notifications"</h3>
        <ol class="happenings" role="list" aria-label="Its notifications">{lines}</ol>
        <If so=told::flag(move || known.told.with(is_empty))>
            <p class="panel__none">"There was nothing to tell it."</p>
        </If>
    }
}

/// A component: its name, and what the agent has of it.
fn component((name, version): (String, String)) -> AnyView {
    view! { <div class="fact"><dt>{name}</dt><dd>{version}</dd></div> }.into_any()
}

/// A notification: when it was saved, what it is about, and how far it got.
fn line(of: &Notification) -> AnyView {
    let class = format!("news news--{}", of.state.key());
    view! {
        <li class="happening">
            <span class="happening__when"><When at_ms=of.queued_at_ms /></span>
            <span class=class></span>
            <span class="happening__what">
                <span class="happening__status">{news::subject(&of.subject)}</span>
                " · "
                {news::state(of)}
            </span>
        </li>
    }
    .into_any()
}
