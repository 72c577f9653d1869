//! The sixth document: every change of status. It takes the feed of the fleet, whose latest transitions it begins with.

use leptos::prelude::*;

use super::bar::Bar;
use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::events::Events;
use crate::people::Admits;
use crate::route::{Document, Page};
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, "", Spoken::to_consoles, || {
        let bar = Bar::new(|document| document == Document::Events);
        provide_context(bar);
        provide_context(Way::by(bar));
        let page = Memo::new(|_| Page::Events);
        view! { <Frame page><Events /></Frame> }.into_any()
    });
}
