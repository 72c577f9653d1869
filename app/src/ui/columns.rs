//! The menu of the table: which columns are shown, and the file of what is.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent};

use crate::phrase;
use crate::table::column::{Column, Columns};
use crate::table::view::View;
use crate::table::window::px;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told;

/// Where this browser keeps which columns were chosen last.
const KEPT: &str = "rollcall.columns";

/// Which columns were chosen last in this browser.
pub(crate) fn remembered() -> Columns {
    let storage = window().local_storage().ok().flatten();
    let keys = storage.and_then(|storage| storage.get_item(KEPT).ok().flatten());
    Columns::from_keys(&keys.unwrap_or_default())
}

/// Keeps which columns were chosen. A browser that keeps nothing begins with all of them each time.
pub(crate) fn remember(columns: Columns) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = if columns.is_automatic() {
            storage.remove_item(KEPT)
        } else {
            storage.set_item(KEPT, &columns.to_keys())
        };
    }
}

/// The button and its menu.
#[component]
pub(crate) fn ColumnsMenu(
    /// What the table shows.
    view: Memo<View>,
    /// How many agents are shown.
    shown: Signal<usize>,
    /// Chooses columns.
    choose: Callback<Columns>,
    /// Saves what is shown as a file.
    save: Callback<()>,
) -> impl IntoView {
    // The menu stands in the top layer, which knows nothing of the button's place.
    let (top, right) = (RwSignal::new(0.0), RwSignal::new(0.0));
    let place = move |event: MouseEvent| {
        let button = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(button) = button {
            let at = button.get_bounding_client_rect();
            top.set(at.bottom() + 4.0);
            right.set(document_width() - at.right());
        }
    };
    let columns = move || view.with(|view| view.columns);
    let choice = move |column: Column| {
        view! {
            <label class="menu__item">
                <input
                    class="tick"
                    type="checkbox"
                    prop:checked=told::flag(move || columns().has(column))
                    on:change=move |_| choose.run(view.with_untracked(|view| view.columns.toggled(column)))
                />
                {column.heading()}
            </label>
        }
    };
    let words = told::text(move || format!("Save {} as CSV", phrase::counted(shown.get(), "row", "rows")));
    view! {
        <button class="button button--bare" popovertarget="columns" aria-label="Columns and file" title="Columns and file" on:click=place>
            <Icon of=Picture::Columns />
        </button>
        <div
            class="menu menu--at"
            id="columns"
            popover="auto"
            role="group"
            aria-label="Columns and file"
            style:top=told::text(move || px(top.get()))
            style:right=told::text(move || px(right.get()))
        >
            {Columns::choices().map(choice).collect_view()}
            <button class="menu__item" disabled=told::flag(move || columns().is_automatic()) on:click=move |_| choose.run(Columns::default())>
                "As many as there is room for"
            </button>
            <button class="menu__item menu__item--apart" on:click=move |_| save.run(())>
                <Icon of=Picture::Save />
                {words}
            </button>
        </div>
    }
}

fn document_width() -> f64 {
    let root = document().document_element();
    root.map_or(0.0, |root| f64::from(root.client_width()))
}
