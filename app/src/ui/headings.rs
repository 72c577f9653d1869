//! The heads of the columns: those that sort are buttons, and say which way.

use leptos::prelude::*;

use crate::table::view::Column;
use crate::ui::table::Rows;
use crate::ui::told;

/// Columns that are only read.
const PLAIN: [(&str, &str); 3] = [("address", "Address"), ("version", "Version"), ("cause", "Why")];

/// The row of heads.
#[component]
pub(crate) fn Headings(rows: Rows) -> impl IntoView {
    let heading = move |column: Column| {
        let sorted = move || {
            let sort = rows.view.with(|view| view.sort);
            (sort.column == column).then_some(sort.descending)
        };
        let direction = move || sorted().map(|down| if down { "descending" } else { "ascending" });
        let arrow = move || sorted().map(|down| if down { "↓" } else { "↑" });
        view! {
            <th class=format!("head head--{}", column.key()) role="columnheader" scope="col" aria-sort=told::maybe(direction)>
                <button class="head__sort" on:click=move |_| rows.sort_by.run(column)>
                    {column.heading()}
                    <span class="head__arrow" aria-hidden="true">{told::text(move || arrow().unwrap_or_default().to_owned())}</span>
                </button>
            </th>
        }
    };
    let plain = |(class, name): (&'static str, &'static str)| {
        view! { <th class=format!("head head--{class}") role="columnheader" scope="col">{name}</th> }
    };
    view! {
        <tr role="row" aria-rowindex="1">
            {Column::ALL.map(heading).collect_view()}
            {PLAIN.map(plain).collect_view()}
        </tr>
    }
}
