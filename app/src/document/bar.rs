//! The address bar of a document that goes from page to page without being loaded anew.

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{HtmlAnchorElement, MouseEvent, UrlSearchParams};

use crate::route::{Document, Page};

/// What stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    path: String,
    /// From the `?` on; empty where there is none.
    search: String,
}

impl Address {
    fn shown() -> Self {
        let location = window().location();
        Self {
            path: location.pathname().unwrap_or_default(),
            search: location.search().unwrap_or_default(),
        }
    }
}

/// The address bar, for every component.
#[derive(Clone, Copy)]
pub(crate) struct Bar {
    address: RwSignal<Address>,
    is_of: fn(Document) -> bool,
}

impl Bar {
    /// Of a document that shows the pages which `is_of` says. Follows the browser's Back and Forward, and every link to
    /// one of its pages.
    pub(crate) fn new(is_of: fn(Document) -> bool) -> Self {
        let bar = Self {
            address: RwSignal::new(Address::shown()),
            is_of,
        };
        let back_or_forth = window_event_listener(leptos::ev::popstate, move |_| bar.read());
        let followed = window_event_listener(leptos::ev::click, move |event| bar.follow(&event));
        on_cleanup(move || {
            back_or_forth.remove();
            followed.remove();
        });
        bar
    }

    /// The path; tracked.
    pub(crate) fn path(self) -> String {
        self.address.with(|address| address.path.clone())
    }

    /// What stands behind the path, from the `?` on; tracked.
    pub(crate) fn search(self) -> String {
        self.address.with(|address| address.search.clone())
    }

    /// A parameter of what stands behind the path; tracked.
    pub(crate) fn parameter(self, key: &str) -> Option<String> {
        self.address.with(|address| {
            UrlSearchParams::new_with_str(&address.search)
                .ok()
                .and_then(|parameters| parameters.get(key))
        })
    }

    /// Whether an address is of one of the document's own pages.
    pub(crate) fn shows(self, address: &str) -> bool {
        (self.is_of)(Page::at_address(address).document())
    }

    /// Goes to an address of the document. Where it is forgotten which one was before, Back does not lead there.
    pub(crate) fn go(self, to: &str, forget: bool) {
        if let Ok(history) = window().history() {
            // An address of our own can always be written, but for browsers that allow so many a second only: then the
            // page is the new one and its address comes with the next.
            let _ = if forget {
                history.replace_state_with_url(&JsValue::NULL, "", Some(to))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(to))
            };
        }
        self.read();
    }

    fn read(self) {
        let shown = Address::shown();
        if self.address.with_untracked(|address| *address != shown) {
            self.address.set(shown);
        }
    }

    /// Goes where a link leads, as a plain click on it asks.
    fn follow(self, event: &MouseEvent) {
        let is_plain = event.button() == 0
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if event.default_prevented() || !is_plain {
            return;
        }
        let clicked = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = clicked.and_then(|clicked| clicked.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else {
            return;
        };
        let is_ours = window()
            .location()
            .origin()
            .is_ok_and(|origin| origin == link.origin());
        let stays = link.target().is_empty() && !link.has_attribute("download") && link.hash().is_empty();
        let to = link.pathname() + &link.search();
        if is_ours && stays && self.shows(&to) {
            event.prevent_default();
            self.go(&to, false);
        }
    }
}
