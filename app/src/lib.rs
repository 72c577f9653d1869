//! The console: what people see of the fleet, live, in a browser.
//!
//! What decides (the mirror of the feed, the order of the table, its window, phrases of time, when to connect
//! again) is pure, builds everywhere and is tested on the host. What touches the page is wasm only and thin.
//!
//! It is several documents, each with a wasm file of its own: the wall, the fleet, an agent's history, the events, the
//! domains, the settings, the components and the doors (`docs/adr/the-settings-are-a-second-document.md`). What several show is here once.
//!
//! Data stands outside the signals: frames change the mirror, and one version number is bumped per animation
//! frame, so a burst of ten thousand changes costs one drawing of the rows on the screen.

#![cfg_attr(
    target_arch = "wasm32",
    expect(
        unreachable_pub,
        reason = "leptos makes the function behind every component public"
    )
)]

pub mod availability;
pub mod bulk;
pub mod calendar;
pub mod components;
pub mod domains;
pub mod enrolment;
pub mod explain;
pub mod feed;
pub mod generation;
pub mod json;
pub mod listing;
pub mod news;
pub mod palette;
pub mod phrase;
pub mod route;
pub mod standing;
pub mod steps;
pub mod table;
pub mod timeline;
pub mod undo;
pub mod wall;

#[cfg(target_arch = "wasm32")]
mod api;
#[cfg(target_arch = "wasm32")]
mod clock;
#[cfg(target_arch = "wasm32")]
pub mod document;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod people;
#[cfg(target_arch = "wasm32")]
mod ui;

/// What the browser's programs say where there is no browser.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn nothing_to_run() -> std::process::ExitCode {
    use std::io::Write as _;

    let words: &[u8] =
        b"This is the console's browser program: build it with `.ci/console` and let the server serve it.\n";
    // Nothing is left to do where even the terminal is gone.
    drop(std::io::stderr().write_all(words));
    std::process::ExitCode::FAILURE
}
