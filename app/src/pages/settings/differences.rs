//! What distinguishes two versions, drawn.

use leptos::prelude::*;
use rollcall_shared::range::AddressRange;
use rollcall_shared::settings::difference::{Change, Difference};

/// More ranges than these are counted and not shown: five thousand came by one paste, and nobody reads them here.
const SHOWN: usize = 20;

/// The differences, one a line.
#[component]
pub(super) fn Differences(of: Vec<Difference>) -> impl IntoView {
    if of.is_empty() {
        return view! { <p class="differences__none">"Nothing is different."</p> }.into_any();
    }
    let lines = of.into_iter().map(|difference| {
        view! {
            <div class="difference">
                <dt>{difference.field.label()}</dt>
                <dd>{change(difference.change)}</dd>
            </div>
        }
    });
    view! { <dl class="differences">{lines.collect_view()}</dl> }.into_any()
}

/// What became of one field.
pub(super) fn change(of: Change) -> AnyView {
    match of {
        Change::Value { was, is } => view! {
            <del class="difference__was">{was}</del>
            <span class="difference__to" aria-hidden="true">" → "</span>
            <ins class="difference__is">{is}</ins>
        }
        .into_any(),
        Change::Ranges { added, removed } => view! {
            {ranges("added", "+", &added)}
            {ranges("removed", "−", &removed)}
        }
        .into_any(),
    }
}

fn ranges(word: &'static str, sign: &'static str, of: &[AddressRange]) -> AnyView {
    if of.is_empty() {
        return ().into_any();
    }
    let more = of.len().saturating_sub(SHOWN);
    let shown = of.iter().take(SHOWN).map(|range| {
        let text = format!("{sign} {range}");
        view! { <li class=format!("difference__range difference__range--{word}")><code>{text}</code></li> }
    });
    let more =
        (more > 0).then(|| view! { <li class="difference__more">{format!("and {more} more {word}")}</li> });
    view! {
        <ul class="difference__ranges" role="list" aria-label=format!("Ranges {word}")>{shown.collect_view()}{more}</ul>
    }
    .into_any()
}
