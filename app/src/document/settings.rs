//! The second document: what is set for the fleet. Its pages are loaded one by one, by ordinary links.

use leptos::prelude::*;
use rollcall_shared::feed::ROLLOUTS;

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::settings::Settings;
use crate::people::Admits;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, ROLLOUTS, Spoken::to_consoles, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Settings);
        view! { <Frame page><Settings /></Frame> }.into_any()
    });
}
