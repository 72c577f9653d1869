//! By what the cells are grouped: the address says it, and another choice is another address.

use leptos::prelude::*;
use rollcall_shared::feed::wall::Grouping;
use web_sys::UrlSearchParams;

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

/// Whether the address says that nothing but the wall is on the screen.
pub(crate) fn is_kiosk() -> bool {
    parameters().is_some_and(|parameters| parameters.has("kiosk"))
}

/// The address of the wall that is grouped so, and else as it is.
fn address(key: &str) -> String {
    let mut to = "/wall".to_owned();
    if key != Grouping::default().key() {
        to.push_str("?group=");
        to.push_str(key);
    }
    if is_kiosk() {
        to.push(if to.contains('?') { '&' } else { '?' });
        to.push_str("kiosk");
    }
    to
}

/// The choice.
#[component]
pub(super) fn GroupedBy() -> impl IntoView {
    let now = grouping();
    // Another picture, and another feed of it: each is an address.
    let link = |grouping: Grouping| {
        let key = grouping.key();
        let current = (grouping == now).then_some("page");
        view! { <li><a class="grouped__choice" href=address(key) aria-current=current>{key}</a></li> }
    };
    view! {
        <nav class="grouped" aria-label="Grouped by">
            <span aria-hidden="true">"Grouped by"</span>
            <ul class="grouped__choices" role="list">{Grouping::ALL.map(link).collect_view()}</ul>
        </nav>
    }
}
