//! Dark or light. `index.html` reads the choice before anything is painted; here it is changed.

use leptos::prelude::*;

/// Where the browser keeps the choice.
const KEY: &str = "rollcall.theme";

/// The theme, for whoever shows or changes it.
#[derive(Clone, Copy)]
pub(crate) struct Theme {
    light: RwSignal<bool>,
}

impl Theme {
    /// As the page was painted.
    pub(crate) fn new() -> Self {
        let root = document().document_element();
        let theme = root.and_then(|root| root.get_attribute("data-theme"));
        Self {
            light: RwSignal::new(theme.as_deref() == Some("light")),
        }
    }

    /// Whether it is the light one; tracked.
    pub(crate) fn is_light(self) -> bool {
        self.light.get()
    }

    /// Changes to the other one, and remembers it.
    pub(crate) fn turn(self) {
        let name = if self.light.get_untracked() {
            "dark"
        } else {
            "light"
        };
        self.light.set(name == "light");
        if let Some(root) = document().document_element() {
            // Setting an attribute of this name cannot fail.
            let _ = root.set_attribute("data-theme", name);
        }
        if let Ok(Some(storage)) = window().local_storage() {
            // A browser that keeps nothing follows the system's preference next time.
            let _ = storage.set_item(KEY, name);
        }
    }
}
