//! What views are told, in three kinds.
//!
//! A bare closure in a view is drawn by code made for that closure alone, two kilobytes each; these go through
//! one piece of code a kind.

use leptos::prelude::*;
use leptos::reactive::computed::ArcMemo;
use leptos::reactive::graph::{Subscriber as _, ToAnySubscriber as _};

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

/// What depends on a signal that outlives the component, such as the time, where the component comes and goes in numbers.
///
/// A memo that is gone stays among those that its signals tell: they keep it, and go through it at each change, for as long
/// as the page lives. This one takes itself out.
pub(crate) fn memo<T>(tell: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let memo = ArcMemo::new(move |_| tell());
    let subscriber = memo.to_any_subscriber();
    on_cleanup(move || subscriber.clear_sources(&subscriber));
    memo.into()
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
