//! Dark or light. `index.html` reads the choice before anything is painted; here it is changed, and where nobody chose it
//! follows the system: a wall that stands for weeks turns with the day.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

/// Where the browser keeps the choice.
const KEY: &str = "rollcall.theme";

/// What the system says where it wants the light one.
const LIGHT: &str = "(prefers-color-scheme: light)";

/// The theme, for whoever shows or changes it.
#[derive(Clone, Copy)]
pub(crate) struct Theme {
    light: RwSignal<bool>,
    /// Whether somebody chose, in this browser or on this page.
    is_chosen: StoredValue<bool>,
}

impl Theme {
    /// As the page was painted.
    pub(crate) fn new() -> Self {
        let root = document().document_element();
        let theme = root.and_then(|root| root.get_attribute("data-theme"));
        let theme = Self {
            light: RwSignal::new(theme.as_deref() == Some("light")),
            is_chosen: StoredValue::new(false),
        };
        theme.follow();
        theme
    }

    /// Follows the system, as long as nobody chose.
    fn follow(self) {
        let Ok(Some(system)) = window().match_media(LIGHT) else {
            return;
        };
        let asked = system.clone();
        let turned = Closure::<dyn FnMut()>::new(move || {
            if !self.is_chosen.get_value() && chosen().is_none() {
                self.paint(asked.matches());
            }
        });
        // The listener lives as long as the page.
        let _ = system.add_event_listener_with_callback("change", turned.as_ref().unchecked_ref());
        turned.forget();
    }

    /// Whether it is the light one; tracked.
    pub(crate) fn is_light(self) -> bool {
        self.light.get()
    }

    /// Changes to the other one, and remembers it.
    pub(crate) fn turn(self) {
        let light = !self.light.get_untracked();
        self.paint(light);
        self.is_chosen.set_value(true);
        if let Ok(Some(storage)) = window().local_storage() {
            // A browser that keeps nothing follows the system's preference next time.
            let _ = storage.set_item(KEY, name(light));
        }
    }

    fn paint(self, light: bool) {
        if let Some(root) = document().document_element() {
            // Setting an attribute of this name cannot fail.
            let _ = root.set_attribute("data-theme", name(light));
        }
        // After the attribute: who draws by this reads the colours that it brings.
        self.light.set(light);
    }
}

const fn name(light: bool) -> &'static str {
    if light { "light" } else { "dark" }
}

/// What somebody chose in this browser.
fn chosen() -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(KEY).ok().flatten()
}
