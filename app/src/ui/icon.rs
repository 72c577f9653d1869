//! Icons, drawn on a grid of 20 with lines of 1.5. Decoration: the name stands beside them or on their button.

use leptos::prelude::*;

use crate::ui::told;

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Agents,
    Events,
    Wall,
    Domains,
    Settings,
    Person,
    Search,
    Close,
    Plus,
    Copy,
    Done,
    Columns,
    Save,
    Dark,
    Light,
    Leave,
}

/// An icon.
#[component]
pub(crate) fn Icon(#[prop(into)] of: Signal<Picture>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=told::text(move || lines(of.get()).to_owned()) />
        </svg>
    }
}

/// The sign of Rollcall: somebody in the middle of a round.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
            <circle class="logo__round" cx="12" cy="12" r="9" />
            <path class="logo__call" d="M12 3a9 9 0 0 1 9 9" />
            <circle class="logo__one" cx="12" cy="12" r="3.25" />
        </svg>
    }
}

fn lines(picture: Picture) -> &'static str {
    match picture {
        Picture::Agents => "M3.5 5h.01M7 5h9.5M3.5 10h.01M7 10h9.5M3.5 15h.01M7 15h9.5",
        Picture::Events => "M11 2.5 4.5 11.5H10L9 17.5l6.5-9H10z",
        Picture::Wall => "M3 4h4v4H3zM8.5 4h3v4h-3M13 4h4v4h-4zM3 12h4v4H3zM8.5 12h3v4h-3M13 12h4v4h-4z",
        Picture::Domains => "M4 3h5v4H4zM11 9h5v4h-5zM11 14.5h5v3h-5M6.5 7v9H11M6.5 11H11",
        Picture::Settings => {
            "M10 12.5a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5zM10 2.5v2.25M10 15.25v2.25M2.5 10h2.25M15.25 10h2.25M4.7 4.7l1.6 1.6M13.7 13.7l1.6 1.6M15.3 4.7l-1.6 1.6M6.3 13.7l-1.6 1.6"
        }
        Picture::Person => {
            "M10 9.75a3.25 3.25 0 1 0 0-6.5a3.25 3.25 0 0 0 0 6.5zM4 16.75c.6-2.8 3-4.25 6-4.25s5.4 1.45 6 4.25"
        }
        Picture::Search => "M9 14.5a5.5 5.5 0 1 0 0-11a5.5 5.5 0 0 0 0 11zM13 13l4 4",
        Picture::Close => "M5 5l10 10M15 5 5 15",
        Picture::Plus => "M10 4v12M4 10h12",
        Picture::Copy => "M7.5 7.5h8.5v8.5H7.5zM12.5 7.5V4H4v8.5h3.5",
        Picture::Columns => "M3.5 4.5h13v11h-13zM8 4.5v11M12.5 4.5v11",
        Picture::Save => "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
        Picture::Done => "M4 10.5 8.25 14.75 16 6",
        Picture::Dark => "M16.5 11.75A7 7 0 0 1 8.25 3.5a7 7 0 1 0 8.25 8.25z",
        Picture::Light => {
            "M10 13.25a3.25 3.25 0 1 0 0-6.5a3.25 3.25 0 0 0 0 6.5zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.35 4.35l1.05 1.05M14.6 14.6l1.05 1.05M15.65 4.35 14.6 5.4M5.4 14.6l-1.05 1.05"
        }
        Picture::Leave => "M8 3.5H4v13h4M8.5 10H17M13.5 6.5 17 10l-3.5 3.5",
    }
}
