//! A labelled field with its hint and, where it was refused, the reason beside it.

use leptos::prelude::*;

use crate::ui::told;

/// A field of a form.
#[component]
pub(crate) fn Field(
    /// What it is called in the page.
    id: &'static str,
    /// What people call it.
    label: &'static str,
    /// `text`, `password`, `number`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Its content.
    value: RwSignal<String>,
    /// What to know before filling it in.
    #[prop(optional)]
    hint: &'static str,
    /// Why it was refused; empty where it was not.
    #[prop(into, optional)]
    refusal: Signal<String>,
    /// Whether typing goes here at once.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    if first {
        Effect::new(move |_| {
            if let Some(input) = input.get() {
                // A field that cannot take the focus can still be clicked.
                let _ = input.focus();
            }
        });
    }
    let refused = Memo::new(move |_| refusal.with(|refusal| !refusal.is_empty()));
    let described = move || {
        let mut ids = Vec::new();
        if refused.get() {
            ids.push(format!("{id}-refusal"));
        }
        if !hint.is_empty() {
            ids.push(format!("{id}-hint"));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input
                class="field__input"
                id=id
                name=id
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                node_ref=input
                aria-invalid=told::maybe(move || refused.get().then_some("true"))
                aria-describedby=Signal::derive(described)
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            <p class="field__refusal" id=format!("{id}-refusal") role="alert">{refusal}</p>
            {(!hint.is_empty()).then(|| view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}
