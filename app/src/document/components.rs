//! The third document: what is handed out to the fleet besides settings, and how the server itself stands. Both are
//! among the settings' pages.

use leptos::prelude::*;
use rollcall_shared::feed::ROLLOUTS;

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::components::Components;
use crate::pages::server::{self, Server};
use crate::people::Admits;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, ROLLOUTS, Spoken::to_consoles, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Settings);
        let path = window().location().pathname().unwrap_or_default();
        if path.starts_with(server::PATH) {
            view! { <Frame page><Server /></Frame> }.into_any()
        } else {
            view! { <Frame page><Components /></Frame> }.into_any()
        }
    });
}
