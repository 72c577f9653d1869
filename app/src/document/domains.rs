//! The fourth document: the agent tree, and the tokens that let machines into it.
//!
//! It takes the feed of the table with a window of no rows: the tree and its counts.

use leptos::prelude::*;
use rollcall_shared::feed::table::TABLE;

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::domains::Domains;
use crate::people::Admits;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, TABLE, Spoken::to_tables, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Domains);
        view! { <Frame page><Domains /></Frame> }.into_any()
    });
}
