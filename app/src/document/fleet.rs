//! The first document: the agents, and what to say at an address that leads nowhere.

use leptos::prelude::*;
use rollcall_shared::feed::table::TABLE;

use super::bar::Bar;
use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::agents::Agents;
use crate::pages::not_found::NotFound;
use crate::people::Admits;
use crate::route::{Document, Page};
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::People, TABLE, Spoken::to_tables, || {
        view! { <Pages /> }.into_any()
    });
}

/// The page of the address. The agents stand in one frame, which stays where it is between them.
#[component]
fn Pages() -> impl IntoView {
    let bar = Bar::new(|document| document == Document::Fleet);
    provide_context(bar);
    provide_context(Way::by(bar));
    let page = Memo::new(move |_| Page::at(&bar.path()));
    Effect::new(move |was: Option<Document>| {
        let now = page.get().document();
        if was.is_some_and(|was| was != now) {
            // By Back or Forward: the address bar is there already, and its document is not this one. What was served
            // at an address is never asked for again: a server that has no other would serve it for ever.
            let _ = window().location().reload();
        }
        now
    });
    let is_agents = Memo::new(move |_| page.get() == Page::Agents);
    move || {
        if is_agents.get() {
            view! { <Frame page><Agents /></Frame> }.into_any()
        } else {
            view! { <NotFound /> }.into_any()
        }
    }
}
