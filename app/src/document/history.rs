//! The eighth document: one agent over days. No feed tells of it; the feed's line says whether the server is there.

use leptos::prelude::*;
use rollcall_shared::feed::STANDING;

use super::bar::Bar;
use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::history::History;
use crate::people::Admits;
use crate::route::{Document, Page};
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, STANDING, Spoken::to_consoles, || {
        let bar = Bar::new(|document| document == Document::History);
        provide_context(bar);
        provide_context(Way::by(bar));
        let page = Memo::new(|_| Page::History);
        view! { <Frame page><History /></Frame> }.into_any()
    });
}
