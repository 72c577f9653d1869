//! The ways between the pages of the settings, and to what is set elsewhere.

use leptos::prelude::*;

/// A group, its part where it has one, and its pages with their addresses.
type Group = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const GROUPS: [Group; 4] = [
    (
        "Global agent settings",
        "Network",
        &[("Unreachable network", "/settings/unreachable-network")],
    ),
    ("Delivery", "", &[("Components", "/settings/components")]),
    ("Fleet", "", &[("Domains and enrolment", "/domains")]),
    ("Server", "", &[("Status", "/settings/server")]),
];

/// The ways; `here` is the address of the page that shows them.
#[component]
pub(crate) fn Ways(here: &'static str) -> impl IntoView {
    let groups = GROUPS.map(|(name, part, pages)| {
        let pages = pages
            .iter()
            .map(|(name, to)| {
                let current = (*to == here).then_some("page");
                view! { <li><a class="ways__way" href=*to aria-current=current>{*name}</a></li> }
            })
            .collect_view();
        view! {
            <h2 class="ways__group">{name}</h2>
            {(!part.is_empty()).then(|| view! { <p class="ways__part">{part}</p> })}
            <ul role="list">{pages}</ul>
        }
    });
    view! { <nav class="ways" aria-label="Settings">{groups.into_iter().collect_view()}</nav> }
}
