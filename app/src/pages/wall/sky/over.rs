//! What stands over the cells: the names of their groups, the frame around the one that is pointed at, and what it is in words.

use core::fmt::Write as _;

use leptos::prelude::*;
use rollcall_shared::Status;

use super::drawing::Drawing;
use crate::clock;
use crate::phrase;
use crate::ui::told;
use crate::wall::layout::{Layout, Square};

/// The names of the groups above their blocks.
#[component]
pub(super) fn Labels(drawing: Drawing) -> impl IntoView {
    let labels = Memo::new(move |_| {
        drawing.laid.get();
        let ratio = drawing.window.get_untracked().ratio.max(0.1);
        drawing.state.with_value(|state| {
            let labels = state.layout.iter().flat_map(Layout::labels);
            let labels = labels.filter_map(|label| {
                let name = drawing.wall.with(|picture| {
                    let block = picture.blocks().get(label.block)?;
                    Some((block.name().to_owned(), block.path.join(" › ")))
                })?;
                let px = |length: u32| format!("{}px", f64::from(length) / ratio);
                Some((name, [label.x, label.y, label.width].map(px)))
            });
            labels.collect::<Vec<_>>()
        })
    });
    move || {
        let labels = labels.get().into_iter();
        let shown = labels.map(|((name, path), [left, top, width])| {
            view! {
                <span class="sky__name" style:left=left style:top=top style:max-width=width title=path>
                    {name}
                </span>
            }
        });
        shown.collect_view()
    }
}

/// The frame around the square that is pointed at.
#[component]
pub(super) fn Pointed(drawing: Drawing) -> impl IntoView {
    let square = Memo::new(move |_| {
        drawing.laid.get();
        drawing.pointed.get().and_then(|cell| drawing.square_of(cell))
    });
    let px = move |length: fn(&Square) -> u32| {
        told::text(move || {
            let ratio = drawing.window.get().ratio.max(0.1);
            let length = square.with(|square| square.as_ref().map_or(0, length));
            format!("{}px", f64::from(length) / ratio)
        })
    };
    let is_there = told::flag(move || square.with(Option::is_some));
    view! {
        <told::If so=is_there>
            <div
                class="sky__pointed"
                aria-hidden="true"
                style:left=px(|square| square.x)
                style:top=px(|square| square.y)
                style:width=px(|square| square.side)
                style:height=px(|square| square.side)
            ></div>
        </told::If>
    }
}

/// What is pointed at, in words.
pub(super) fn words(drawing: Drawing) -> String {
    drawing.live.version();
    let Some(square) = drawing.pointed.get().and_then(|cell| drawing.square_of(cell)) else {
        return String::new();
    };
    let cell = square.agents.start;
    let (path, counts) = drawing.wall.with(|picture| {
        let path = picture.block_of(cell).map(|block| block.path.join(" › "));
        let mut counts = [0_usize; Status::ALL.len()];
        for status in picture.statuses().get(square.agents.clone()).unwrap_or_default() {
            counts[*status as usize] += 1;
        }
        (path.unwrap_or_default(), counts)
    });
    let mut text = String::new();
    let known = drawing
        .wall
        .known
        .with(|known| known.clone().filter(|(known, _)| *known == cell));
    if square.agents.len() > 1 {
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "{path}: {}",
            phrase::counted(square.agents.len(), "agent", "agents")
        );
        for status in Status::ALL
            .into_iter()
            .filter(|status| counts[*status as usize] > 0)
        {
            let _ = write!(text, ", {} {status}", phrase::grouped(counts[status as usize]));
        }
    } else if let Some((_, row)) = known {
        let since = clock::local(row.since_ms).beside(clock::local(drawing.live.peek_now()));
        let _ = write!(
            text,
            "{} · {} since {since} · {} · {path}",
            row.name,
            row.status,
            row.cause.phrase()
        );
    }
    text
}
