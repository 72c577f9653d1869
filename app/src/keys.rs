//! Keys that work anywhere on a page, and the few places where they must not.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::KeyboardEvent;

/// Listens to keys of the whole page for as long as the component that asks is there. Keys that a dialog or a
/// menu is open for are left to it, and so are those with a modifier and those
/// that compose a letter.
pub(crate) fn on_key(handle: impl Fn(&KeyboardEvent) + 'static) {
    listen(Box::new(move |event| {
        if !is_chord(event) && !event.alt_key() {
            handle(event);
        }
    }));
}

/// The same for keys with Control, or Command on a Mac.
pub(crate) fn on_chord(handle: impl Fn(&KeyboardEvent) + 'static) {
    listen(Box::new(move |event| {
        if is_chord(event) && !event.alt_key() {
            handle(event);
        }
    }));
}

fn is_chord(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key()
}

fn listen(handle: Box<dyn Fn(&KeyboardEvent)>) {
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        if !event.is_composing() && !event.default_prevented() && !is_something_open() {
            handle(&event);
        }
    });
    on_cleanup(move || listener.remove());
}

/// Whether the key goes into a field.
pub(crate) fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Whether the keyboard is nowhere in particular, or within what the selector names.
pub(crate) fn is_free_or_in(event: &KeyboardEvent, selector: &str) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element.tag_name() == "BODY" || element.closest(selector).is_ok_and(|found| found.is_some())
    })
}

fn is_something_open() -> bool {
    document()
        .query_selector("dialog[open], [popover]:popover-open")
        .ok()
        .flatten()
        .is_some()
}
