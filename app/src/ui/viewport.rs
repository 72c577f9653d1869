//! The part of a long table that is on the screen: measured, scrolled, and told as rows.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::ResizeObserver;

use crate::table::window::{self as rows, ROW_PX, Window};

/// What is in a frame, in pixels.
#[derive(Clone, Copy)]
pub(crate) struct Measures {
    /// The height of a row.
    pub(crate) row: f64,
    /// The same on a phone.
    pub(crate) row_on_phone: f64,
    /// What a head takes of the frame.
    pub(crate) head: f64,
}

/// Of the table, as `style/table.css` has it. On a phone a row has two lines.
pub(crate) const TABLE: Measures = Measures {
    row: ROW_PX,
    row_on_phone: 60.0,
    head: 36.0,
};
/// Of the tree, as `style/tree.css` has it.
pub(crate) const TREE: Measures = Measures {
    row: 32.0,
    row_on_phone: 44.0,
    head: 0.0,
};
/// Where that begins; as `style/table.css` has it.
const PHONE: &str = "(max-width: 719px)";
/// Taken for the height of the rows until it is measured.
const USUAL_PX: f64 = 1_000.0;

/// The frame that scrolls, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Viewport {
    /// The element, for the view to name.
    pub(crate) frame: NodeRef<html::Div>,
    top: RwSignal<f64>,
    height: RwSignal<f64>,
    row_px: RwSignal<f64>,
    measures: Measures,
}

impl Viewport {
    /// One that measures its frame as soon as there is one, and whenever its size changes.
    pub(crate) fn new(measures: Measures) -> Self {
        let viewport = Self {
            frame: NodeRef::new(),
            top: RwSignal::new(0.0),
            height: RwSignal::new(USUAL_PX),
            row_px: RwSignal::new(measures.row),
            measures,
        };
        Effect::new(move |_| viewport.observe());
        viewport
    }

    /// Which of `rows` rows to draw; tracked.
    pub(crate) fn window(self, rows: usize) -> Window {
        rows::window(rows, self.row_px.get(), self.top.get(), self.height.get())
    }

    /// How many rows a page of the keyboard is; not tracked.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a screen has a few dozen rows"
    )]
    pub(crate) fn page(self) -> usize {
        (self.height.get_untracked() / self.row_px.get_untracked()).max(1.0) as usize
    }

    /// Takes note of where the frame was scrolled to.
    pub(crate) fn scrolled(self) {
        if let Some(frame) = self.frame.get_untracked() {
            self.top.set(f64::from(frame.scroll_top()));
        }
    }

    /// Brings row `index` of `rows` onto the screen, moving as little as possible.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "tables are at most 15 million pixels high"
    )]
    pub(crate) fn show(self, index: usize, rows: usize) {
        let (top, height) = (self.top.get_untracked(), self.height.get_untracked());
        let to = rows::scroll_to(index, rows, self.row_px.get_untracked(), top, height);
        if let (Some(to), Some(frame)) = (to, self.frame.get_untracked()) {
            frame.set_scroll_top(to.round() as i32);
            // The scroll event comes later; the rows should not.
            self.top.set(to);
        }
    }

    fn observe(self) {
        let Some(frame) = self.frame.get() else { return };
        let seen = frame.clone();
        let measured = Closure::<dyn FnMut()>::new(move || {
            let query = window().match_media(PHONE).ok().flatten();
            let phone = query.is_some_and(|query| query.matches());
            let Measures {
                row,
                row_on_phone,
                head,
            } = self.measures;
            self.height.set(f64::from(seen.client_height()) - head);
            self.row_px.set(if phone { row_on_phone } else { row });
        });
        let Ok(observer) = ResizeObserver::new(measured.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&frame);
        let held = StoredValue::new_local(Some((observer, measured)));
        on_cleanup(move || {
            if let Some(Some((observer, _closure))) = held.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }
}
