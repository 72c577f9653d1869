//! The console as a whole: what every component has at hand, and which page stands at which address.

use core::time::Duration;

use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::hooks::use_location;
use leptos_router::location::{BrowserUrl, LocationProvider as _};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::pages::not_found::NotFound;
use crate::pages::setup::SetupPage;
use crate::pages::sign_in::SignInPage;
use crate::people::{self, People, Who};
use crate::route::Page;
use crate::ui::frame::Frame;
use crate::ui::theme::Theme;

/// Where `index.html` paints the shell and the console takes over.
const ROOT: &str = "console";

/// Starts the console: asks who is there while the shell stands, then takes its place in one go.
pub fn start() {
    // Not leptos's own: its executor begins with the mounting.
    spawn_local(async {
        let who = people::ask().await;
        let root = document().get_element_by_id(ROOT);
        let root = root.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(root) = root.or_else(|| document().body()) {
            root.set_inner_html("");
            mount_to(root, move || view! { <App who /> }).forget();
        }
    });
}

#[component]
fn App(who: Who) -> impl IntoView {
    let people = People::new(who);
    let live = Live::new();
    let feed = Feed::new(live, people);
    provide_context(people);
    provide_context(live);
    provide_context(feed);
    provide_context(Theme::new());

    let signed_in = Memo::new(move |_| people.is_signed_in());
    Effect::new(move |_| {
        if signed_in.get() {
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

    view! {
        <Router>
            <Pages />
        </Router>
    }
}

/// The page of the address. Pages of the fleet stand in one frame, which stays where it is between them.
#[component]
fn Pages() -> impl IntoView {
    let path = use_location().pathname;
    let page = Memo::new(move |_| path.with(|path| Page::at(path)));
    let framed = Memo::new(move |_| matches!(page.get(), Page::Agents | Page::Events));
    // A followed link waits with the address bar and the history until its page is there; leptos's own routes
    // would say so.
    let browser = use_context::<BrowserUrl>();
    Effect::new(move |_| {
        path.with(|_| ());
        if let Some(browser) = &browser {
            browser.ready_to_complete();
        }
    });
    move || {
        if framed.get() {
            view! { <Frame page /> }.into_any()
        } else {
            match page.get() {
                Page::Setup => view! { <SetupPage /> }.into_any(),
                Page::SignIn => view! { <SignInPage /> }.into_any(),
                Page::NotFound | Page::Agents | Page::Events => view! { <NotFound /> }.into_any(),
            }
        }
    }
}
