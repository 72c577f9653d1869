//! A number of minutes, or of seconds, within a sentence, with what is wrong with it and what it means.

use leptos::prelude::*;
use rollcall_shared::Seconds;
use rollcall_shared::settings::Field;
use rollcall_shared::settings::advice::time_out_for;

use super::form::Form;
use crate::people::People;
use crate::ui::told::{self, If};

/// A field of minutes; or of seconds, where it is one.
#[component]
pub(super) fn MinutesField(
    /// Which.
    field: Field,
    /// The sentence up to the number.
    before: &'static str,
    /// What is typed.
    value: RwSignal<String>,
) -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let id = field.key();
    let unit = if field == Field::LoopbackEverySeconds {
        "seconds"
    } else {
        "minutes"
    };
    let refusal = Memo::new(move |_| form.refusal(field));
    let refused = Memo::new(move |_| refusal.with(|refusal| !refusal.is_empty()));
    let advice = Memo::new(move |_| form.draft.with(|draft| draft.advice(field)));
    let is_warning = move || advice.with(|advice| advice.as_ref().is_some_and(|advice| advice.is_warning));
    let better = Memo::new(move |_| {
        let wrong = refused.get() || is_warning();
        match field {
            _ if !wrong => None,
            Field::OfflineAfter => {
                let readable = form
                    .offline_after
                    .with(|text| text.parse::<rollcall_shared::Minutes>().is_ok());
                readable
                    .then(|| form.heartbeat_every.with(|every| time_out_for(every)))
                    .flatten()
                    .map(rollcall_shared::Minutes::get)
            }
            Field::LoopbackEverySeconds if is_warning() => Some(Seconds::DEFAULT.get()),
            Field::PollEvery if is_warning() => form.draft.with(|draft| draft.meant().wise_poll()),
            _ => None,
        }
    });
    let class = told::text(move || {
        if is_warning() {
            "minutes__advice minutes__advice--heed"
        } else {
            "minutes__advice"
        }
        .to_owned()
    });
    view! {
        <div class="minutes">
            <p class="minutes__line">
                <label id=format!("{id}-before") for=id>{before}</label>
                <input
                    class="field__input minutes__input"
                    id=id
                    name=id
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength="40"
                    aria-labelledby=format!("{id}-before {id}-after")
                    aria-describedby=format!("{id}-refusal {id}-advice")
                    aria-invalid=told::maybe(move || refused.get().then_some("true"))
                    readonly=told::flag(move || !people.may_set())
                    prop:value=value
                    on:input=move |event| value.set(event_target_value(&event))
                />
                <span id=format!("{id}-after")>{unit}</span>
            </p>
            <p class="field__refusal" id=format!("{id}-refusal") aria-live="polite">{refusal}</p>
            <p class=class id=format!("{id}-advice")>
                {told::text(move || advice.with(|advice| advice.as_ref().map(|advice| advice.text.clone()).unwrap_or_default()))}
            </p>
            <If so=told::flag(move || better.get().is_some() && people.may_set())>
                <button
                    class="link minutes__better"
                    on:click=move |_| {
                        if let Some(better) = better.get_untracked() {
                            value.set(better.to_string());
                        }
                    }
                >
                    {told::text(move || format!("Use {} {unit}", better.get().unwrap_or_default()))}
                </button>
            </If>
        </div>
    }
}
