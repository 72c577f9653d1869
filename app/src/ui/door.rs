//! The page of those who are not in: one column, one thing to do.

use leptos::prelude::*;

use crate::ui::icon::Logo;

/// A page with the sign of Rollcall, a heading, and what the page is for.
#[component]
pub(crate) fn Door(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <main class="door">
            <div class="door__inner">
                <span class="door__logo"><Logo /></span>
                <h1 class="door__title">{title}</h1>
                {children()}
            </div>
        </main>
    }
}
