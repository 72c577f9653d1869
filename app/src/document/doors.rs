//! The document of those who are not in: the set-up of the first admin, and the way in for everybody else.

use leptos::prelude::*;
use rollcall_shared::feed::STANDING;

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::setup::SetupPage;
use crate::pages::sign_in::SignInPage;
use crate::people::Admits;
use crate::route::Page;

/// Starts it.
pub fn start() {
    take_over(Admits::People, STANDING, Spoken::to_consoles, || {
        provide_context(Way::by_loading());
        let path = window().location().pathname().unwrap_or_default();
        match Page::at(&path) {
            Page::Setup => view! { <SetupPage /> }.into_any(),
            _ => view! { <SignInPage /> }.into_any(),
        }
    });
}
