//! Pointer, keys and wheel, turned into cells.

use leptos::prelude::*;
use web_sys::{KeyboardEvent, MouseEvent, WheelEvent};

use super::drawing::Drawing;
use crate::document::way::Way;
use crate::feed::socket::Feed;

/// What pointer and keys do.
#[derive(Clone, Copy)]
pub(super) struct Hands {
    pub(super) drawing: Drawing,
    pub(super) feed: Feed,
    pub(super) way: Way,
    /// Whether whoever looks may open agents.
    pub(super) may_leave: bool,
}

impl Hands {
    /// Points at a cell, and asks who it is.
    pub(super) fn point(self, cell: Option<usize>) {
        let Drawing { wall, pointed, .. } = self.drawing;
        if pointed.get_untracked() != cell {
            wall.forget();
            pointed.set(cell);
        }
        if let Some(cell) = cell {
            wall.ask(self.feed, cell);
        }
    }

    /// Goes to the agent that is pointed at.
    pub(super) fn open(self) {
        let Drawing { wall, pointed, .. } = self.drawing;
        let Some(cell) = pointed.get_untracked() else {
            return;
        };
        // The answer for the cell that was pointed at before may be what is known so far.
        let known = wall.known.with_untracked(|known| {
            known
                .as_ref()
                .filter(|(at, _)| *at == cell)
                .map(|(_, row)| row.id)
        });
        if let Some(id) = known
            && self.may_leave
        {
            self.way.go(&format!("/agents/{id}"));
        }
    }

    pub(super) fn over(self, event: &MouseEvent) {
        let Some(frame) = self.drawing.frame.get_untracked() else {
            return;
        };
        let rect = frame.get_bounding_client_rect();
        let (x, y) = (
            f64::from(event.client_x()) - rect.left(),
            f64::from(event.client_y()) - rect.top(),
        );
        let square = self.drawing.square_at(x, y);
        self.point(square.map(|square| square.agents.start));
    }

    pub(super) fn press(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        match event.key().as_str() {
            "+" | "=" => self.drawing.zoom(true),
            "-" => self.drawing.zoom(false),
            "0" => self.drawing.zoom.set(1.0),
            "Enter" => self.open(),
            "Escape" => self.point(None),
            key => {
                let Some(cell) = self.drawing.step(key) else {
                    return;
                };
                self.point(Some(cell));
                self.drawing.show(cell);
            }
        }
        event.prevent_default();
    }

    /// The wheel alone scrolls, where there is more than fits.
    pub(super) fn turn(self, event: &WheelEvent) {
        if event.ctrl_key() {
            event.prevent_default();
            self.drawing.zoom(event.delta_y() < 0.0);
        }
    }
}
