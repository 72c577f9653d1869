//! Rows of a table that are made once and shown again for somebody else: the row that is scrolled out of sight is the next
//! one that comes into it. To make one from nothing takes long, and a table that is scrolled has some in every frame.

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use web_sys::{Element, HtmlElement};

use crate::ui::table::Place;

/// Draws the row of whoever is at a place.
type Draw = Box<dyn Fn(RwSignal<Place>) -> AnyView>;

/// The rows of a table's body.
pub(crate) struct Pool {
    body: HtmlElement,
    /// Rows live as long as the table, and not as long as the effect that shows them.
    owner: Owner,
    draw: Draw,
    shown: FxHashMap<Place, Row>,
    spare: Vec<Row>,
    made: Vec<UnmountHandle<<AnyView as Render>::State>>,
}

#[derive(Clone)]
struct Row {
    element: Element,
    place: RwSignal<Place>,
}

impl Pool {
    /// One without rows.
    pub(crate) fn new(body: HtmlElement, owner: Owner, draw: Draw) -> Self {
        Self {
            body,
            owner,
            draw,
            shown: FxHashMap::default(),
            spare: Vec::new(),
            made: Vec::new(),
        }
    }

    /// Shows these, in this order. Who was shown before keeps their row. Rows that are to be others are moved in one step and
    /// never taken out before: a page that is shorter for a moment is scrolled back by the browser.
    pub(crate) fn show(&mut self, wanted: &[Place]) {
        let stay: FxHashSet<Place> = wanted.iter().copied().collect();
        let spare = &mut self.spare;
        self.shown.retain(|place, row| {
            let stays = stay.contains(place);
            if !stays {
                spare.push(row.clone());
            }
            stays
        });
        let mut next = self.body.first_element_child();
        for place in wanted {
            let Some(row) = self.row(*place) else { continue };
            // What is free is gone round, and so is a row that went elsewhere: one that is put back loses the keyboard, and
            // begins to glow again.
            while let Some(other) = &next
                && *other != row.element
                && (self.is_spare(other) || other.next_element_sibling().as_ref() == Some(&row.element))
            {
                next = other.next_element_sibling();
            }
            if next.as_ref() == Some(&row.element) {
                next = row.element.next_element_sibling();
            } else {
                // It fails only where one holds the other.
                let _ = self.body.insert_before(&row.element, next.as_deref());
            }
        }
        for row in &self.spare {
            row.element.remove();
            row.place.set(Place::Nowhere);
        }
    }

    fn is_spare(&self, element: &Element) -> bool {
        self.spare.iter().any(|row| row.element == *element)
    }

    fn row(&mut self, place: Place) -> Option<Row> {
        if let Some(row) = self.shown.get(&place) {
            return Some(row.clone());
        }
        let row = match self.spare.pop() {
            Some(row) => row,
            None => self.make()?,
        };
        row.place.set(place);
        self.shown.insert(place, row.clone());
        Some(row)
    }

    fn make(&mut self) -> Option<Row> {
        let (body, draw) = (self.body.clone(), &self.draw);
        let (place, handle) = self.owner.with(|| {
            let place = RwSignal::new(Place::Nowhere);
            let row = draw(place);
            (place, mount_to(body, move || row))
        });
        self.made.push(handle);
        let element = self.body.last_element_child()?;
        element.remove();
        Some(Row { element, place })
    }
}
