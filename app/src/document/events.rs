//! The sixth document: every change of status. It takes the feed of the table with a window of no rows: the latest
//! transitions, and each one that follows.

use leptos::prelude::*;
use rollcall_shared::feed::table::TABLE;

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
    take_over(Admits::People, TABLE, Spoken::to_tables, || {
        let bar = Bar::new(|document| document == Document::Events);
        provide_context(bar);
        provide_context(Way::by(bar));
        let page = Memo::new(|_| Page::Events);
        view! { <Frame page><Events /></Frame> }.into_any()
    });
}
