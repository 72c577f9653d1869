//! The third document: what is handed out to the fleet besides settings. It stands among the settings' pages.

use leptos::prelude::*;
use rollcall_shared::feed::ROLLOUTS;

use super::take_over;
use super::way::Way;
use crate::pages::components::Components;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(ROLLOUTS, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Settings);
        view! { <Frame page><Components /></Frame> }.into_any()
    });
}
