//! An address that leads nowhere.

use leptos::prelude::*;

use crate::ui::door::Door;
use crate::ui::title;

/// The page.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    title::use_title("Not found");
    let path = window().location().pathname().unwrap_or_default();
    view! {
        <Door title="Nobody answers here">
            <p class="door__lead">"There is no page at " <code class="door__code">{path}</code> "."</p>
            <p class="door__ways">
                <a href="/wall">"Wall"</a>
                <a href="/agents">"Agents"</a>
            </p>
        </Door>
    }
}
