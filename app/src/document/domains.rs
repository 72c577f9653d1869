//! The fourth document: the agent tree, and the tokens that let machines into it.
//!
//! It takes the feed of the fleet, since the counts of the tree come from its rows.

use leptos::prelude::*;

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::domains::Domains;
use crate::people::Admits;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, "", Spoken::to_consoles, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Domains);
        view! { <Frame page><Domains /></Frame> }.into_any()
    });
}
