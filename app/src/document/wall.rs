//! The fifth document: the wall. It stays open for weeks on screens that nobody touches, so it has its own feed, which
//! tells of agents as cells, and no table.

use leptos::prelude::*;

use super::take_over;
use super::way::Way;
use crate::feed::live::Live;
use crate::feed::spoken::Spoken;
use crate::pages::wall::{self, Wall, WallPage};
use crate::people::Admits;
use crate::route::Page;
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over(Admits::Displays, wall::grouping().show(), speak, || {
        provide_context(Way::by_loading());
        let page = Memo::new(|_| Page::Wall);
        view! { <Frame page unattended=wall::is_kiosk()><WallPage /></Frame> }.into_any()
    });
}

fn speak(live: Live) -> Spoken {
    let wall = Wall::new();
    provide_context(wall);
    Spoken::new(move |bytes| Some(live.note(wall.take(bytes)?)))
}
