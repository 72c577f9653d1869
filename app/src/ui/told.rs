//! What views are told, in three kinds.
//!
//! A bare closure in a view is drawn by code made for that closure alone, two kilobytes each; these go through
//! one piece of code a kind.

use leptos::prelude::*;

/// A text, or the value of an attribute.
pub(crate) fn text(tell: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(tell)
}

/// The value of an attribute that may be absent.
pub(crate) fn maybe(
    tell: impl Fn() -> Option<&'static str> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    Signal::derive(move || tell().map(ToOwned::to_owned))
}

/// Whether something is so.
pub(crate) fn flag(tell: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(tell)
}

/// Shows its children while something is so; they are made anew only when that changes.
#[component]
pub(crate) fn If(
    /// What decides.
    so: Signal<bool>,
    /// What is shown then.
    children: ChildrenFn,
    /// What is shown otherwise.
    #[prop(optional, into)]
    otherwise: Option<ViewFn>,
) -> impl IntoView {
    let so = Memo::new(move |_| so.get());
    move || {
        if so.get() {
            children()
        } else {
            otherwise.as_ref().map_or_else(|| ().into_any(), ViewFn::run)
        }
    }
}
