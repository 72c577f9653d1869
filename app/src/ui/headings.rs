//! The heads of the columns: those that sort are buttons, and say which way. The first ticks all that is shown.

use leptos::prelude::*;

use crate::table::column::Column;
use crate::table::selection::Selection;
use crate::ui::table::Rows;
use crate::ui::told;

/// The row of heads.
#[component]
pub(crate) fn Headings(rows: Rows) -> impl IntoView {
    let heading = move |column: Column| {
        let class = format!("head head--{}", column.key());
        if !column.sorts() {
            return view! { <th class=class role="columnheader" scope="col">{column.heading()}</th> }
                .into_any();
        }
        let sorted = move || {
            let sort = rows.view.with(|view| view.sort);
            (sort.column == column).then_some(sort.descending)
        };
        let direction = move || sorted().map(|down| if down { "descending" } else { "ascending" });
        let arrow = move || sorted().map(|down| if down { "↓" } else { "↑" });
        view! {
            <th class=class role="columnheader" scope="col" aria-sort=told::maybe(direction)>
                <button class="head__sort" on:click=move |_| rows.sort_by.run(column)>
                    {column.heading()}
                    <span class="head__arrow" aria-hidden="true">{told::text(move || arrow().unwrap_or_default().to_owned())}</span>
                </button>
            </th>
        }
        .into_any()
    };
    let tick = rows.may_tick.then(|| {
        let ticked = Memo::new(move |_| rows.ticked());
        let all = told::flag(move || ticked.get() > 0 && ticked.get() == rows.count());
        let some = told::flag(move || (1..rows.count()).contains(&ticked.get()));
        view! {
            <th class="head head--tick" role="columnheader" scope="col">
                <input
                    class="tick"
                    type="checkbox"
                    aria-label="All that are shown"
                    prop:checked=all
                    prop:indeterminate=some
                    on:click=move |_| {
                        if all.get_untracked() {
                            rows.selection.update(Selection::clear);
                        } else {
                            rows.tick_all();
                        }
                    }
                />
            </th>
        }
    });
    view! {
        <tr role="row" aria-rowindex="1">
            {tick}
            {Column::ALL.map(heading).collect_view()}
        </tr>
    }
}
