//! Where somebody is in the list of ranges, and what becomes of what they add to it.

use leptos::prelude::*;
use rollcall_shared::settings::networks::Added;

use super::super::form::{self, Form};
use crate::listing::PAGE;
use crate::phrase;

/// Where somebody is in the list.
#[derive(Clone, Copy)]
pub(in super::super) struct Listing {
    /// What is looked for.
    pub(in super::super) words: RwSignal<String>,
    /// The number of the page.
    pub(in super::super) page: RwSignal<usize>,
    /// The line whose button Tab reaches.
    pub(super) at: RwSignal<Option<u32>>,
    /// What became of what was added.
    pub(in super::super) said: RwSignal<String>,
}

impl Listing {
    /// At the beginning.
    pub(in super::super) fn new() -> Self {
        Self {
            words: RwSignal::new(String::new()),
            page: RwSignal::new(0),
            at: RwSignal::new(None),
            said: RwSignal::new(String::new()),
        }
    }

    /// Adds what was typed or pasted, and shows what of it is refused, or where it stands.
    pub(super) fn add(self, form: &Form, text: &str) {
        let mut added = Added::default();
        form.networks.update(|networks| added = networks.add(text));
        self.words.set(String::new());
        if added.refused == 0 || !self.to_refused(form) {
            self.page.set(usize::MAX);
        }
        self.said.set(words(&added));
    }

    /// Puts a text in the place of a line.
    pub(super) fn rewrite(self, form: &Form, key: u32, text: &str) {
        let mut put = Added::default();
        form.networks.update(|networks| put = networks.rewrite(key, text));
        self.said.set(form::merged(&put.merged));
    }

    /// Turns to the page of the first line that is refused; answers whether there is one.
    pub(in super::super) fn to_refused(self, form: &Form) -> bool {
        let first = form.networks.with_untracked(|networks| {
            form.line_refusals.with_untracked(|refusals| {
                let key = refusals.iter().find_map(|(key, _)| *key)?;
                networks.lines().iter().position(|line| line.key == key)
            })
        });
        if let Some(place) = first {
            self.words.set(String::new());
            self.page.set(place / PAGE);
        }
        first.is_some()
    }
}

/// What became of what was added, in words.
fn words(added: &Added) -> String {
    let mut words = vec![format!(
        "{} added.",
        phrase::counted(added.read, "range", "ranges")
    )];
    if added.refused > 0 {
        let refused = phrase::counted(added.refused, "entry is", "entries are");
        words.push(format!("{refused} to be corrected."));
    }
    words.push(form::merged(&added.merged));
    words.join(" ").trim_end().to_owned()
}
