//! What the page of agents shows, as its address has it, and the search that the address follows.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::document::bar::Bar;
use crate::table::column::Columns;
use crate::table::view::View;
use crate::ui::columns;

/// The address follows typing after so long, so that going back does not go back letter by letter.
const TYPED: Duration = Duration::from_millis(250);

/// The state of the page, as its address has it.
#[derive(Clone, Copy)]
pub(super) struct Address {
    /// What the address asks for.
    pub(super) view: Memo<View>,
    /// What stands in the field, which the address follows.
    pub(super) search: RwSignal<String>,
    pub(super) path: Memo<String>,
    /// Which columns this browser shows where the address names none.
    kept: RwSignal<Columns>,
    bar: Bar,
}

impl Address {
    /// Of the page that is open.
    pub(super) fn new() -> Self {
        let bar = expect_context::<Bar>();
        let kept = RwSignal::new(columns::remembered());
        let view = Memo::new(move |_| {
            let mut view = View::read(|key| bar.parameter(key));
            if view.columns.is_automatic() {
                view.columns = kept.get();
            }
            view
        });
        Self {
            view,
            search: RwSignal::new(view.with_untracked(|view| view.search.clone())),
            path: Memo::new(move |_| bar.path()),
            kept,
            bar,
        }
    }

    /// What is shown, with what was typed but did not reach the address yet.
    fn typed(self) -> View {
        View {
            search: self.search.with_untracked(|search| search.trim().to_owned()),
            ..self.view.get_untracked()
        }
    }

    /// Goes to another page, and keeps what is shown.
    pub(super) fn go(self, path: &str) {
        let query = self.typed().to_query();
        self.bar.go(&format!("{path}{query}"), false);
    }

    /// Shows these columns, and keeps the choice for addresses that name none.
    pub(super) fn choose(self, columns: Columns) {
        columns::remember(columns);
        self.kept.set(columns);
        self.change(|view| view.columns = columns);
    }

    /// Shows something else on this page.
    pub(super) fn change(self, change: impl FnOnce(&mut View)) {
        let mut view = self.typed();
        change(&mut view);
        let path = self.path.get_untracked();
        self.bar.go(&format!("{path}{}", view.to_query()), true);
    }
}

/// What is typed goes into the address, and what comes from the address into the field.
pub(super) fn follow(address: Address) {
    let search = address.search;
    let typed = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |first: Option<()>| {
        let text = search.get();
        if first.is_none() {
            return;
        }
        let later = move || {
            if address.path.try_get_untracked().is_some()
                && address.view.get_untracked().search != text.trim()
            {
                address.change(|view| text.trim().clone_into(&mut view.search));
            }
        };
        let handle = set_timeout_with_handle(later, TYPED).ok();
        if let Some(Some(earlier)) = typed.try_update_value(|typed| core::mem::replace(typed, handle)) {
            earlier.clear();
        }
    });
    Effect::new(move |_| {
        let text = address.view.with(|view| view.search.clone());
        if search.with_untracked(|search| search.trim() != text) {
            search.set(text);
        }
    });
}
