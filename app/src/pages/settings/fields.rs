//! The fields, in the order and the words of the page that its users know.

use leptos::prelude::*;
use rollcall_shared::settings::{Field, HeartbeatScope, LoopbackMode};

use super::form::Form;
use super::minutes::MinutesField;
use super::networks::Networks;
use crate::people::People;
use crate::ui::told::{self, If};

/// All of them.
#[component]
pub(super) fn Fields() -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let locked = told::flag(move || !people.may_set());
    let scope = move |scope: HeartbeatScope| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="heartbeat_scope"
                    disabled=locked
                    prop:checked=move || form.heartbeat_scope.get() == scope
                    on:change=move |_| form.heartbeat_scope.set(scope)
                />
                <span class="choice__word">{scope.phrase()}</span>
            </label>
        }
    };
    let scope_advice = move || {
        form.draft
            .with(|draft| draft.advice(Field::HeartbeatScope))
            .map(|advice| advice.text)
            .unwrap_or_default()
    };
    view! {
        <Networks />
        <section class="part" aria-labelledby="polling-title">
            <h3 class="part__title" id="polling-title">"Server polling"</h3>
            <MinutesField
                field=Field::PollEvery
                before="Agents poll the server for updated components and settings every"
                value=form.poll_every
            />
        </section>
        <section class="part" aria-labelledby="heartbeat-title">
            <h3 class="part__title" id="heartbeat-title">"Heartbeat"</h3>
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    disabled=locked
                    prop:checked=form.heartbeat
                    on:change=move |event| form.heartbeat.set(event_target_checked(&event))
                />
                <span class="switch__track" aria-hidden="true"></span>
                "Allow agents to send heartbeat to the server"
            </label>
            <fieldset class="choices" aria-describedby="heartbeat_scope-advice">
                <legend class="choices__name">"Who sends heartbeat"</legend>
                <div class="choices__all">
                    {scope(HeartbeatScope::All)}
                    {scope(HeartbeatScope::UnreachableNetwork)}
                </div>
            </fieldset>
            <p class="minutes__advice" id="heartbeat_scope-advice">{told::text(scope_advice)}</p>
            <MinutesField field=Field::HeartbeatEvery before="Agents send heartbeat every" value=form.heartbeat_every />
            <MinutesField
                field=Field::OfflineAfter
                before="An agent is offline if there is no heartbeat after"
                value=form.offline_after
            />
            <If so=told::flag(move || !form.heartbeat.get())>
                <p class="minutes__advice">
                    "No agent sends heartbeat. The numbers above are kept for when it is allowed again."
                </p>
            </If>
        </section>
        <LoopbackFields locked />
    }
}

/// Who sends loopback packets, and how often.
#[component]
fn LoopbackFields(locked: Signal<bool>) -> impl IntoView {
    let form = expect_context::<Form>();
    let mode = move |mode: LoopbackMode| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="loopback"
                    disabled=locked
                    prop:checked=move || form.loopback.get() == mode
                    on:change=move |_| form.loopback.set(mode)
                />
                <span class="choice__word">{mode.phrase()}</span>
            </label>
        }
    };
    let advice = move || {
        form.draft
            .with(|draft| draft.advice(Field::Loopback))
            .map(|advice| advice.text)
            .unwrap_or_default()
    };
    view! {
        <section class="part" aria-labelledby="loopback-title">
            <h3 class="part__title" id="loopback-title">"Loopback mode"</h3>
            <fieldset class="choices" aria-describedby="loopback-advice">
                <legend class="choices__name">"Who sends loopback packets"</legend>
                <div class="choices__all">
                    {mode(LoopbackMode::Off)}
                    {mode(LoopbackMode::UnreachableNetwork)}
                    {mode(LoopbackMode::All)}
                </div>
            </fieldset>
            <p class="minutes__advice" id="loopback-advice">{told::text(advice)}</p>
            <MinutesField
                field=Field::LoopbackEverySeconds
                before="A packet through the NAT, and its echo, every"
                value=form.loopback_every_seconds
            />
        </section>
    }
}
