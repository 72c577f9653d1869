//! What the agent was to be told and how far that got, and which components it has by that.

use leptos::prelude::*;
use rollcall_shared::console_api::Notification;

use super::known::Known;
use crate::news;
use crate::ui::age::When;
use crate::ui::told::{self, If};

/// Both lists.
#[component]
pub(super) fn News(known: Known) -> impl IntoView {
    let notifications = Memo::new(move |_| known.told.with(|told| told.notifications.clone()));
    let components = Memo::new(move |_| {
        notifications
            .with(|all| all.as_deref().map(news::components))
            .unwrap_or_default()
    });
    let component =
        |(name, line)| view! { <div class="fact"><dt>{name}</dt><dd>{line}</dd></div> }.into_any();
    let lines = move || {
        let all = notifications.get().unwrap_or_default();
        all.iter().map(line).collect_view()
    };
    view! {
        <If so=told::flag(move || components.with(|all| !all.is_empty()))>
            <h3 class="panel__heading">"Components"</h3>
            <dl class="components">
                {move || components.get().into_iter().map(component).collect_view()}
            </dl>
        </If>
        <h3 class="panel__heading">"Notifications"</h3>
        <ol class="happenings" role="list" aria-label="Its notifications">{lines}</ol>
        <If so=told::flag(move || notifications.with(|all| all.as_ref().is_some_and(Vec::is_empty)))>
            <p class="panel__none">"There was nothing to tell it."</p>
        </If>
    }
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
