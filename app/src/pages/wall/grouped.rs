//! By what the cells are grouped: the address says it, and another choice is another address.

use leptos::prelude::*;
use rollcall_shared::feed::wall::Grouping;
use web_sys::UrlSearchParams;

use crate::document::way::Way;

/// What the address says.
pub(crate) fn grouping() -> Grouping {
    let told = parameters()
        .and_then(|parameters| parameters.get("group"))
        .unwrap_or_default();
    let known = Grouping::ALL.into_iter().find(|grouping| grouping.key() == told);
    known.unwrap_or_default()
}

fn parameters() -> Option<UrlSearchParams> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}

/// The address of the wall that is grouped so, and else as it is.
fn address(key: &str) -> String {
    let kiosk = parameters().is_some_and(|parameters| parameters.has("kiosk"));
    let mut to = "/wall".to_owned();
    if key != Grouping::default().key() {
        to.push_str("?group=");
        to.push_str(key);
    }
    if kiosk {
        to.push(if to.contains('?') { '&' } else { '?' });
        to.push_str("kiosk");
    }
    to
}

/// The choice.
#[component]
pub(super) fn GroupedBy() -> impl IntoView {
    let way = expect_context::<Way>();
    let now = grouping();
    let option = |grouping: Grouping| {
        let key = grouping.key();
        view! { <option value=key selected=grouping == now>{key}</option> }
    };
    view! {
        <label class="grouped">
            "Grouped by"
            <select
                class="grouped__choice"
                // Another picture, and another feed of it.
                on:change=move |event| way.go(&address(&event_target_value(&event)))
            >
                {Grouping::ALL.map(option).collect_view()}
            </select>
        </label>
    }
}
