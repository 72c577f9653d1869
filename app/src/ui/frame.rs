//! What stands around every page of the fleet: rail, top bar, banner. Sends away who is not signed in.

use core::time::Duration;

use leptos::prelude::*;

use crate::api::Failure;
use crate::document::way::Way;
use crate::feed::live::Live;
use crate::feed::standing::Standing;
use crate::keys;
use crate::pages::sign_in;
use crate::people::{People, Who};
use crate::route::Page;
use crate::ui::door::Door;
use crate::ui::palette::Palette;
use crate::ui::rail::Rail;
use crate::ui::standing::{Banner, StandingMark};
use crate::ui::told;
use crate::ui::walk;

/// A screen at which nobody is asks again after so long whether it is let in.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// The frame of the pages for those who are signed in.
#[component]
pub(crate) fn Frame(
    /// Which page stands in it.
    page: Memo<Page>,
    /// Whether it is for a screen at which nobody is.
    #[prop(optional)]
    unattended: bool,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let people = expect_context::<People>();
    let way = expect_context::<Way>();
    Effect::new(move |_| {
        if let Who::SignedOut { setup_needed } = people.who() {
            let to = if setup_needed {
                "/setup".to_owned()
            } else if unattended {
                // Nobody is there to sign in.
                return;
            } else {
                let here = window().location();
                sign_in::address(
                    &here.pathname().unwrap_or_default(),
                    &here.search().unwrap_or_default(),
                )
            };
            way.replace(&to);
        }
    });
    let is_let_in = Memo::new(move |_| people.is_let_in());
    let children = StoredValue::new(children);
    move || {
        if is_let_in.get() {
            return view! { <Rooms page>{children.with_value(|children| children())}</Rooms> }.into_any();
        }
        if unattended {
            set_timeout(move || people.ask_who(), AGAIN_AFTER);
        }
        match people.who() {
            Who::Unknown(failure) => view! { <Unanswered failure /> }.into_any(),
            Who::SignedOut { setup_needed: false } if unattended => view! { <NotLetIn /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

#[component]
fn Rooms(page: Memo<Page>, children: Children) -> impl IntoView {
    let live = expect_context::<Live>();
    let frame = told::text(move || match live.standing() {
        Standing::NotLive { .. } => "frame frame--lost".to_owned(),
        Standing::Connecting | Standing::Live { .. } => "frame".to_owned(),
    });
    let people = expect_context::<People>();
    // A display leads nowhere: nobody is there to find the way back.
    let is_display = people.is_display();
    if !is_display {
        go_by_keys();
    }
    let name = move || {
        people
            .display_name()
            .unwrap_or_else(|| page.get().name().to_owned())
    };
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to the content"</a>
        <div class=frame>
            <Rail page />
            <header class="top">
                <h1 class="top__room">{told::text(name)}</h1>
                {(!is_display).then(|| view! { <Palette /> })}
                <StandingMark />
            </header>
            <Banner />
            <main class="frame__main" id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}

/// Moves the keyboard to the content. By its address alone the link would leave a `#main` behind.
#[expect(clippy::needless_pass_by_value, reason = "a listener is given its event")]
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    walk::focus("#main");
}

/// `g a` goes to the agents, `g e` to the events, `g w` to the wall, `g d` to the domains, `g s` to the settings.
fn go_by_keys() {
    let way = expect_context::<Way>();
    let going = StoredValue::new(false);
    keys::on_key(move |event| {
        let armed = going.get_value();
        let key = event.key();
        going.set_value(!keys::is_typing(event) && key == "g");
        if armed && !keys::is_typing(event) {
            match key.as_str() {
                "a" => way.go("/agents"),
                "e" => way.go("/events"),
                "w" => way.go("/wall"),
                "d" => way.go("/domains"),
                "s" => way.go("/settings"),
                _ => {}
            }
        }
    });
}

/// A screen that is not let in, or not any more.
#[component]
fn NotLetIn() -> impl IntoView {
    let here = window().location();
    let sign_in = sign_in::address(
        &here.pathname().unwrap_or_default(),
        &here.search().unwrap_or_default(),
    );
    view! {
        <Door title="This display is not let in">
            <p class="door__lead">
                "It has no token, or the token was revoked. Put the display up under Domains and enrolment, and open the link that is shown there on this screen. It asks again by itself."
            </p>
            <a class="button" href=sign_in>"Sign in instead"</a>
        </Door>
    }
}

/// The server did not say who is there.
#[component]
fn Unanswered(failure: Failure) -> impl IntoView {
    let again = move |_| {
        // A page that cannot be reloaded is as it was.
        let _ = window().location().reload();
    };
    view! {
        <Door title="No answer from the server">
            <p class="door__lead">{failure.to_string()}</p>
            <button class="button button--first" on:click=again>"Try again"</button>
        </Door>
    }
}
