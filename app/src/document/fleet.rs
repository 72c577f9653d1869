//! The first document, which every visitor loads: the agents, the events, and the doors.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::hooks::use_location;
use leptos_router::location::{BrowserUrl, LocationProvider as _};

use super::take_over;
use super::way::Way;
use crate::feed::spoken::Spoken;
use crate::pages::agents::Agents;
use crate::pages::events::Events;
use crate::pages::not_found::NotFound;
use crate::pages::setup::SetupPage;
use crate::pages::sign_in::SignInPage;
use crate::route::{Document, Page};
use crate::ui::frame::Frame;

/// Starts it.
pub fn start() {
    take_over("", Spoken::to_consoles, || {
        view! {
            <Router>
                <Pages />
            </Router>
        }
        .into_any()
    });
}

/// The page of the address. Pages of the fleet stand in one frame, which stays where it is between them.
#[component]
fn Pages() -> impl IntoView {
    provide_context(Way::by_router());
    let path = use_location().pathname;
    let page = Memo::new(move |_| path.with(|path| Page::at(path)));
    let framed = Memo::new(move |_| page.get().is_framed());
    // A followed link waits with the address bar and the history until its page is there; leptos's own routes
    // would say so.
    let browser = use_context::<BrowserUrl>();
    Effect::new(move |_| {
        path.with(|_| ());
        if let Some(browser) = &browser {
            browser.ready_to_complete();
        }
        if page.get().document() != Document::Fleet {
            // The address bar is there already, and its document is not this one.
            let _ = window().location().reload();
        }
    });
    let room = move || match page.get() {
        Page::Events => view! { <Events /> }.into_any(),
        _ => view! { <Agents /> }.into_any(),
    };
    move || {
        if framed.get() {
            view! { <Frame page>{room}</Frame> }.into_any()
        } else {
            match page.get() {
                Page::Setup => view! { <SetupPage /> }.into_any(),
                Page::SignIn => view! { <SignInPage /> }.into_any(),
                Page::Wall | Page::Domains | Page::Settings => ().into_any(),
                Page::NotFound | Page::Agents | Page::Events => view! { <NotFound /> }.into_any(),
            }
        }
    }
}
