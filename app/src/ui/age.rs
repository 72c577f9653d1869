//! How long ago something was, with the exact time at hand.

use leptos::prelude::*;

use crate::calendar::Moment;
use crate::clock;
use crate::feed::live::Live;
use crate::phrase;
use crate::ui::told;

/// How long ago `at_ms` was, by the server's clock: it ticks by itself.
#[component]
pub(crate) fn Age(#[prop(into)] at_ms: Signal<i64>) -> impl IntoView {
    let live = expect_context::<Live>();
    let text = told::memo(move || phrase::span(live.now() - at_ms.get()));
    time(at_ms, text)
}

/// When `at_ms` was: the time of today, the day of days before.
#[component]
pub(crate) fn When(#[prop(into)] at_ms: Signal<i64>) -> impl IntoView {
    let live = expect_context::<Live>();
    let text = told::memo(move || clock::local(at_ms.get()).beside(clock::local(live.now())));
    time(at_ms, text)
}

fn time(at_ms: Signal<i64>, text: Memo<String>) -> AnyView {
    let moment = told::text(move || Moment::at(at_ms.get()).machine_readable());
    let exact = told::text(move || clock::local(at_ms.get()).exact());
    view! {
        <time datetime=moment title=exact>
            {text}
        </time>
    }
    .into_any()
}
