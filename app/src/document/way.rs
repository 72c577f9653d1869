//! How a document goes to another address: within itself without loading anew, to another document by loading it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::route::{Document, Page};

/// The way, for whoever sends the person somewhere.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    within: StoredValue<Option<Within>, LocalStorage>,
}

/// Goes to an address of this document; whether the one here is forgotten.
type Within = Box<dyn Fn(&str, bool)>;

impl Way {
    /// Of a document whose addresses are all loaded anew.
    pub(crate) fn by_loading() -> Self {
        Self {
            within: StoredValue::new_local(None),
        }
    }

    /// Of the fleet, whose router is at hand.
    pub(crate) fn by_router() -> Self {
        let navigate = use_navigate();
        let within: Within = Box::new(move |to, replace| {
            let options = NavigateOptions {
                replace,
                ..NavigateOptions::default()
            };
            navigate(to, options);
        });
        Self {
            within: StoredValue::new_local(Some(within)),
        }
    }

    /// Goes to an address, from which one comes back here.
    pub(crate) fn go(self, to: &str) {
        self.to(to, false);
    }

    /// Goes to an address in the place of this one.
    pub(crate) fn replace(self, to: &str) {
        self.to(to, true);
    }

    fn to(self, to: &str, replace: bool) {
        let is_fleet = Page::at_address(to).document() == Document::Fleet;
        let went = self.within.with_value(|within| match within {
            Some(within) if is_fleet => {
                within(to, replace);
                true
            }
            _ => false,
        });
        if !went {
            let location = window().location();
            // An address of our own can always be gone to.
            let _ = if replace {
                location.replace(to)
            } else {
                location.assign(to)
            };
        }
    }
}
