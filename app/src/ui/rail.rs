//! The rail: where one can go, and who one is. At the left; at the bottom of a phone.

use leptos::prelude::*;
use rollcall_shared::console_api::Role;

use crate::people::{People, Who};
use crate::route::Page;
use crate::ui::icon::{Icon, Logo, Picture};
use crate::ui::theme::Theme;
use crate::ui::told;

/// Address, page, picture.
const ROOMS: [(&str, Page, Picture); 5] = [
    ("/wall", Page::Wall, Picture::Wall),
    ("/agents", Page::Agents, Picture::Agents),
    ("/events", Page::Events, Picture::Events),
    ("/domains", Page::Domains, Picture::Domains),
    ("/settings", Page::Settings, Picture::Settings),
];

/// The rail.
#[component]
pub(crate) fn Rail(page: Memo<Page>) -> impl IntoView {
    let rooms = ROOMS.map(|(href, to, picture)| {
        let here = move || (page.get() == to).then_some("page");
        let name = to.name();
        view! {
            <li>
                <a class="rail__room" href=href aria-label=name title=name aria-current=told::maybe(here)>
                    <Icon of=picture />
                </a>
            </li>
        }
    });
    view! {
        <nav class="rail" aria-label="Rooms">
            <span class="rail__logo"><Logo /></span>
            <ul class="rail__rooms" role="list">{rooms.collect_view()}</ul>
            <Person />
        </nav>
    }
}

/// Who is signed in, the theme and the way out.
#[component]
fn Person() -> impl IntoView {
    let people = expect_context::<People>();
    let theme = expect_context::<Theme>();
    let name = move || match people.who() {
        Who::SignedIn(session) => session.name,
        _ => String::new(),
    };
    let role = move || match people.who() {
        Who::SignedIn(session) => match session.role {
            Role::Admin => "Admin",
            Role::Operator => "Operator",
            Role::Viewer => "Viewer",
        },
        _ => "",
    };
    let other_theme = move || {
        if theme.is_light() {
            Picture::Dark
        } else {
            Picture::Light
        }
    };
    view! {
        <button class="rail__room rail__person" popovertarget="person" aria-label="You and this screen" title="You and this screen">
            <Icon of=Picture::Person />
        </button>
        <div class="menu" id="person" popover="auto" role="group" aria-label="You and this screen">
            <p class="menu__who">
                <strong>{told::text(name)}</strong>
                <span>{told::text(move || role().to_owned())}</span>
            </p>
            <button class="menu__item" on:click=move |_| theme.turn()>
                <Icon of=Signal::derive(other_theme) />
                {told::text(move || if theme.is_light() { "Dark theme" } else { "Light theme" }.to_owned())}
            </button>
            <button class="menu__item" on:click=move |_| people.leave()>
                <Icon of=Picture::Leave />
                "Sign out"
            </button>
        </div>
    }
}
