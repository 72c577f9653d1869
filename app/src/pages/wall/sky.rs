//! The canvas with the cells, and what is pointed at.
//!
//! Where cells stand and which pixels they are is worked out in [`crate::wall`]; here that is measured, scrolled and put on
//! the screen, and keys and pointer are turned into cells.

mod drawing;
mod hands;
mod over;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::CanvasRenderingContext2d;

use self::drawing::Drawing;
use self::hands::Hands;
use self::over::{Labels, Pointed, words};
use super::Wall;
use crate::document::way::Way;
use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::people::People;
use crate::ui::theme::Theme;
use crate::ui::told;

/// The cells, the names of their groups, and what is pointed at.
#[component]
pub(super) fn Sky() -> impl IntoView {
    let (live, wall, feed) = (
        expect_context::<Live>(),
        expect_context::<Wall>(),
        expect_context::<Feed>(),
    );
    let (theme, way) = (expect_context::<Theme>(), expect_context::<Way>());
    let drawing = Drawing::new(live, wall);
    follow(drawing, feed, theme);
    let may_leave = !expect_context::<People>().is_display();
    let hands = Hands {
        drawing,
        feed,
        way,
        may_leave,
    };
    let height = told::text(move || {
        drawing.laid.get();
        let window = drawing.window.get();
        let height = drawing
            .state
            .with_value(|state| state.layout.as_ref().map_or(0, |layout| layout.height));
        format!("{}px", f64::from(height) / window.ratio.max(0.1))
    });
    let is_empty =
        told::flag(move || live.version() > 0 && wall.with(|picture| picture.statuses().is_empty()));
    view! {
        <div
            class="sky"
            role="application"
            aria-label="Agents as cells"
            aria-describedby="sky-keys"
            tabindex="0"
            node_ref=drawing.frame
            on:mousemove=move |event| hands.over(&event)
            on:mouseleave=move |_| hands.point(None)
            on:click=move |_| hands.open()
            on:keydown=move |event| hands.press(&event)
            on:wheel=move |event| hands.turn(&event)
            on:scroll=move |_| drawing.scrolled()
        >
            <canvas class="sky__canvas" node_ref=drawing.canvas></canvas>
            <div class="sky__all" style:height=height>
                <Labels drawing />
                <Pointed drawing />
            </div>
        </div>
        <p class="sky__keys" id="sky-keys">
            {if may_leave {
                "Arrow keys go from cell to cell, Enter opens an agent, + and − zoom."
            } else {
                "Arrow keys go from cell to cell, + and − zoom."
            }}
        </p>
        <told::If so=is_empty>
            <p class="sky__none">
                "No agents yet. " {may_leave.then(|| view! { <a href="/agents">"Add the first one"</a> })}
            </p>
        </told::If>
        <p class="sky__told" role="status" data-testid="pointed">{told::text(move || words(drawing))}</p>
    }
}

/// Draws when something changes: all where cells may stand elsewhere, else the cells that changed.
fn follow(drawing: Drawing, feed: Feed, theme: Theme) {
    Effect::new(move |_| drawing.observe());
    let size = Memo::new(move |_| {
        let window = drawing.window.get();
        (window.width, window.height)
    });
    Effect::new(move |_| {
        let (width, height) = size.get();
        theme.is_light();
        drawing.zoom.get();
        let Some(canvas) = drawing.canvas.get() else {
            return;
        };
        if width == 0 || height == 0 {
            return;
        }
        canvas.set_width(width);
        canvas.set_height(height);
        let context = canvas.get_context("2d").ok().flatten();
        let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
        drawing.state.update_value(|state| state.context = context);
        drawing.colour();
        drawing.lay();
    });
    let top = Memo::new(move |_| drawing.window.get().top);
    Effect::new(move |_| {
        top.get();
        drawing.draw();
    });
    Effect::new(move |_| {
        drawing.live.version();
        let changed = drawing.wall.take_changed();
        if changed.all {
            drawing.wall.forget();
            drawing.pointed.set(None);
            drawing.lay();
        } else if !changed.cells.is_empty() {
            drawing.touch(&changed.cells);
            // What is said of the cell that is pointed at is no longer so.
            let pointed = drawing.pointed.get_untracked();
            if let Some(cell) = pointed.filter(|cell| changed.cells.contains(cell)) {
                drawing.wall.forget();
                drawing.wall.ask(feed, cell);
            }
        }
    });
}
