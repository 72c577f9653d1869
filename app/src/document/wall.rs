//! The fifth document: the wall. It stays open for weeks on screens that nobody touches, so it has its own feed, which
//! tells of agents as cells, and no table.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::take_over;
use super::way::Way;
use crate::api;
use crate::feed::live::Live;
use crate::feed::spoken::Spoken;
use crate::pages::wall::{self, Wall, WallPage};
use crate::people::{self, Admits, People};
use crate::route::Page;
use crate::ui::door::Door;
use crate::ui::frame::Frame;
use crate::ui::told;

/// Starts it.
pub fn start() {
    take_over(Admits::Displays, wall::grouping().show(), speak, || {
        provide_context(Way::by_loading());
        // A new link in a wall that stands changes only what is behind the #.
        let changed = window_event_listener(leptos::ev::hashchange, |_| {
            if people::carried_token().is_some() {
                // A page that cannot be reloaded is as it was.
                let _ = window().location().reload();
            }
        });
        on_cleanup(move || changed.remove());
        if let Some(token) = people::carried_token()
            && expect_context::<People>().is_signed_in()
        {
            return view! { <BecomeDisplay token /> }.into_any();
        }
        let page = Memo::new(|_| Page::Wall);
        view! { <Frame page unattended=wall::is_kiosk()><WallPage /></Frame> }.into_any()
    });
}

/// Somebody who is signed in opened the link of a display: maybe to try it, maybe to put it up here.
#[component]
fn BecomeDisplay(token: String) -> impl IntoView {
    let failure = RwSignal::new(None::<String>);
    let token = StoredValue::new(token);
    // The link is shown nowhere else any more: it stays in the address until it is decided.
    let decided = || {
        people::drop_token();
        // A page that cannot be reloaded is as it was.
        let _ = window().location().reload();
    };
    let enter = move |_| {
        spawn_local(async move {
            match api::displays::enter(token.get_value()).await {
                Ok(_) => decided(),
                Err(failed) => {
                    failure.try_set(Some(failed.to_string()));
                }
            }
        });
    };
    let stay = move |_| decided();
    view! {
        <Door title="Make this browser a display?">
            <p class="door__lead">
                "You opened the link of a display. This browser shows its wall from now on and you are signed out here, or it stays yours and nothing changes."
            </p>
            <p class="form__refusal" role="alert">{told::text(move || failure.get().unwrap_or_default())}</p>
            <button class="button button--first" on:click=enter>"Make it a display"</button>
            <button class="button" on:click=stay>"Stay signed in"</button>
        </Door>
    }
}

fn speak(live: Live) -> Spoken {
    let wall = Wall::new();
    provide_context(wall);
    Spoken::new(move |bytes| Some(live.note(wall.take(bytes)?)))
}
