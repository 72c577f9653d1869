//! How long ago something was, with the exact time at hand.

use leptos::prelude::*;

use crate::calendar::Moment;
use crate::clock;
use crate::feed::live::Live;
use crate::phrase;

/// How long ago `at_ms` was, by the server's clock: it ticks by itself.
#[component]
pub(crate) fn Age(#[prop(into)] at_ms: Signal<i64>) -> impl IntoView {
    let live = expect_context::<Live>();
    let age = Memo::new(move |_| phrase::span(live.now() - at_ms.get()));
    view! {
        <time datetime=move || Moment::at(at_ms.get()).machine_readable() title=move || clock::local(at_ms.get()).exact()>
            {age}
        </time>
    }
}

/// When `at_ms` was: the time of today, the day of days before.
#[component]
pub(crate) fn When(at_ms: i64) -> impl IntoView {
    let live = expect_context::<Live>();
    let moment = clock::local(at_ms);
    let text = Memo::new(move |_| moment.beside(clock::local(live.now())));
    view! {
        <time datetime=Moment::at(at_ms).machine_readable() title=moment.exact()>
            {text}
        </time>
    }
}
