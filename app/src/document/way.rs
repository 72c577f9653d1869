//! How a document goes to another address: within itself without loading anew, to another document by loading it.

use leptos::prelude::*;

use super::bar::Bar;

/// The way, for whoever sends the person somewhere.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    bar: Option<Bar>,
}

impl Way {
    /// Of a document whose addresses are all loaded anew.
    pub(crate) fn by_loading() -> Self {
        Self { bar: None }
    }

    /// Of one that goes to its own addresses by this bar.
    pub(crate) fn by(bar: Bar) -> Self {
        Self { bar: Some(bar) }
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
        if let Some(bar) = self.bar.filter(|bar| bar.shows(to)) {
            bar.go(to, replace);
            return;
        }
        let location = window().location();
        // An address of our own can always be gone to.
        let _ = if replace {
            location.replace(to)
        } else {
            location.assign(to)
        };
    }
}
