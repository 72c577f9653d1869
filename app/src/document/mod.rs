//! The console's documents: the fleet, the wall, the events, the history, the settings, the components, the domains, and the doors. What
//! all begin with.

pub(crate) mod bar;
pub mod components;
pub mod domains;
pub mod doors;
pub mod events;
pub mod fleet;
pub mod history;
pub mod settings;
pub mod wall;
pub(crate) mod way;

use core::time::Duration;

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::feed::spoken::Spoken;
use crate::people::{self, Admits, People, Who};
use crate::ui::theme::Theme;

/// Where the page paints its shell and the console takes over.
const ROOT: &str = "console";

/// Starts a document: asks who is there while the shell stands, then takes its place in one go.
fn take_over(admits: Admits, show: &'static str, spoken: fn(Live) -> Spoken, draw: fn() -> AnyView) {
    // Not leptos's own: its executor begins with the mounting.
    spawn_local(async move {
        let who = people::ask(admits).await;
        let root = document().get_element_by_id(ROOT);
        let root = root.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(root) = root.or_else(|| document().body()) {
            root.set_inner_html("");
            let begin = move || {
                begin(who, show, spoken);
                draw()
            };
            mount_to(root, begin).forget();
        }
    });
}

/// What every component has at hand. `show` is what this document adds to the feed's path, `spoken` reads what it is sent.
fn begin(who: Who, show: &'static str, spoken: fn(Live) -> Spoken) {
    let people = People::new(who);
    let live = Live::new();
    let feed = Feed::new(live, people, show, spoken(live));
    provide_context(people);
    provide_context(live);
    provide_context(feed);
    provide_context(Theme::new());

    let is_let_in = Memo::new(move |_| people.is_let_in());
    Effect::new(move |_| {
        if is_let_in.get() {
            feed.start();
        } else {
            feed.stop();
        }
    });

    // The one place that ticks: every age on the screen is told by it.
    set_interval(
        move || {
            live.tick();
            feed.tick();
        },
        Duration::from_secs(1),
    );
}
