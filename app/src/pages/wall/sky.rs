//! The canvas with the cells, and what is pointed at.
//!
//! Where cells stand and which pixels they are is worked out in [`crate::wall`]; here that is measured, scrolled and put on
//! the screen, and keys and pointer are turned into cells.

use core::fmt::Write as _;

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::Status;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, ImageData, KeyboardEvent, MouseEvent, ResizeObserver, WheelEvent};

use super::Wall;
use crate::clock;
use crate::document::way::Way;
use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::phrase;
use crate::ui::theme::Theme;
use crate::ui::told;
use crate::wall::layout::{Layout, Room, Square};
use crate::wall::paint::{Canvas, Colour, Palette};

/// How high a block's name is and how wide it wants to be, in pixels of the page, as `style/wall.css` has it; on a screen
/// that hangs on a wall.
const NAME_PX: [(f64, f64); 2] = [(20.0, 110.0), (32.0, 170.0)];

/// From this width of the page on it is such a screen.
const LARGE_PX: f64 = 2400.0;

/// How much nearer a step of the zoom is.
const ZOOM_STEP: f64 = 1.25;

/// The nearest.
const MOST_ZOOM: f64 = 64.0;

/// Lines that are put on the screen together: a change costs a strip, not the screen.
const STRIP: u32 = 64;

/// All that is drawn from.
#[derive(Default)]
struct State {
    layout: Option<Layout>,
    canvas: Canvas,
    palette: Palette,
    context: Option<CanvasRenderingContext2d>,
}

/// What the canvas shows of the wall, in pixels of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Window {
    width: u32,
    height: u32,
    top: u32,
    /// Pixels of the screen in one of the page.
    ratio: f64,
}

/// The canvas, for those who draw on it and who ask it.
#[derive(Clone, Copy)]
struct Drawing {
    live: Live,
    wall: Wall,
    state: StoredValue<State, LocalStorage>,
    frame: NodeRef<html::Div>,
    canvas: NodeRef<html::Canvas>,
    window: RwSignal<Window>,
    zoom: RwSignal<f64>,
    /// Counts the layouts, so that what stands on the canvas follows them.
    laid: RwSignal<u32>,
    /// The cell that is pointed at.
    pointed: RwSignal<Option<usize>>,
}

impl Drawing {
    /// Works out where cells stand, and draws all of them.
    fn lay(self) {
        let page = window().inner_width().ok();
        let is_large = page
            .and_then(|page| page.as_f64())
            .is_some_and(|page| page >= LARGE_PX);
        let (label, name) = NAME_PX[usize::from(is_large)];
        let (window, zoom) = (self.window.get_untracked(), self.zoom.get_untracked());
        let room = Room {
            width: window.width,
            height: window.height,
            label: whole(label * window.ratio),
            name: whole(name * window.ratio),
        };
        let layout = self.wall.with(|picture| {
            let blocks: Vec<_> = picture.blocks().iter().map(|block| block.cells.clone()).collect();
            Layout::of(&blocks, room, zoom)
        });
        self.state.update_value(|state| state.layout = Some(layout));
        self.laid.update(|laid| *laid = laid.wrapping_add(1));
        self.draw();
    }

    /// Draws what the window shows.
    fn draw(self) {
        let window = self.window.get_untracked();
        self.state.update_value(|state| {
            let State {
                layout: Some(layout),
                canvas,
                palette,
                ..
            } = state
            else {
                return;
            };
            canvas.clear(window.width, window.height, palette);
            let seen = window.top..window.top.saturating_add(window.height);
            self.wall.with(|picture| {
                for square in layout.squares(seen) {
                    if let Some(statuses) = picture.statuses().get(square.agents.clone()) {
                        canvas.draw(&square, window.top, statuses, palette);
                    }
                }
            });
            put(state, 0, window.height);
        });
    }

    /// Draws the squares of these cells anew.
    fn touch(self, cells: &[usize]) {
        let window = self.window.get_untracked();
        self.state.update_value(|state| {
            let State {
                layout: Some(layout),
                canvas,
                palette,
                ..
            } = state
            else {
                return;
            };
            let mut strips = vec![false; window.height.div_ceil(STRIP) as usize];
            self.wall.with(|picture| {
                for square in cells.iter().filter_map(|cell| layout.square_of(*cell)) {
                    if let Some(statuses) = picture.statuses().get(square.agents.clone()) {
                        canvas.draw(&square, window.top, statuses, palette);
                    }
                    let from = square.y.saturating_sub(window.top) / STRIP;
                    let to = (square.y + square.side).saturating_sub(window.top) / STRIP;
                    for strip in from..=to {
                        if let Some(strip) = strips.get_mut(strip as usize) {
                            *strip = true;
                        }
                    }
                }
            });
            for (strip, is_touched) in (0..).zip(&strips) {
                if *is_touched {
                    put(state, strip * STRIP, ((strip + 1) * STRIP).min(window.height));
                }
            }
        });
    }

    /// Takes the colours of the theme.
    fn colour(self) {
        let style = document()
            .document_element()
            .and_then(|root| window().get_computed_style(&root).ok().flatten());
        let read = |name: &str| {
            let value = style.as_ref()?.get_property_value(name).ok()?;
            Colour::read(&value)
        };
        let muted = read("--faint").unwrap_or_default();
        self.state.update_value(|state| {
            state.palette.ground = read("--ground").unwrap_or_default();
            for status in Status::ALL {
                // Those that are well have a quiet colour for cells.
                let name = format!("--{}", status.key().replace('_', "-"));
                let colour = read(&format!("{name}-cell")).or_else(|| read(&name));
                state.palette.statuses[status as usize] = colour.unwrap_or(muted);
            }
        });
    }

    /// Measures the frame, as soon as there is one and whenever its size changes.
    fn observe(self) {
        let Some(frame) = self.frame.get() else { return };
        let seen = frame.clone();
        let measured = Closure::<dyn FnMut()>::new(move || {
            let ratio = window().device_pixel_ratio();
            let pixels = |length: i32| whole(f64::from(length) * ratio);
            let (width, height) = (pixels(seen.client_width()), pixels(seen.client_height()));
            self.window.update(|window| {
                (window.width, window.height, window.ratio) = (width, height, ratio);
            });
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

    /// The square at a point of the frame, in pixels of the page.
    fn square_at(self, x: f64, y: f64) -> Option<Square> {
        let window = self.window.get_untracked();
        let (x, y) = (whole(x * window.ratio), whole(y * window.ratio) + window.top);
        self.state
            .with_value(|state| state.layout.as_ref()?.square_at(x, y))
    }

    fn square_of(self, cell: usize) -> Option<Square> {
        self.state
            .with_value(|state| state.layout.as_ref()?.square_of(cell))
    }

    /// Which cell the keyboard goes to.
    fn step(self, key: &str) -> Option<usize> {
        let (columns, rows) = match key {
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            _ => return None,
        };
        let count = self.wall.with(|picture| picture.statuses().len());
        let Some(here) = self.pointed.get_untracked() else {
            return (count > 0).then_some(0);
        };
        let beside = self
            .state
            .with_value(|state| state.layout.as_ref()?.beside(here, columns, rows));
        // Beyond the edge of a block the next or the one before begins.
        let block = || {
            self.wall
                .with(|picture| picture.block_of(here).map(|block| block.cells.clone()))
        };
        beside.or_else(|| {
            let block = block()?;
            if columns + rows > 0 {
                Some(block.end).filter(|cell| *cell < count)
            } else {
                block.start.checked_sub(1)
            }
        })
    }

    /// Brings a cell onto the screen.
    fn show(self, cell: usize) {
        let (Some(square), Some(frame)) = (self.square_of(cell), self.frame.get_untracked()) else {
            return;
        };
        let window = self.window.get_untracked();
        let (top, bottom) = (f64::from(square.y), f64::from(square.y + square.side));
        let (seen, below) = (f64::from(window.top), f64::from(window.top + window.height));
        let to = if top < seen {
            top
        } else if bottom > below {
            bottom - f64::from(window.height)
        } else {
            return;
        };
        frame.set_scroll_top(nearest(to / window.ratio));
    }

    /// Takes note of where the frame was scrolled to.
    fn scrolled(self) {
        if let Some(frame) = self.frame.get_untracked() {
            let ratio = self.window.get_untracked().ratio;
            let top = whole(f64::from(frame.scroll_top()) * ratio);
            self.window.update(|window| window.top = top);
        }
    }

    /// Goes nearer or further; the whole wall is the furthest.
    fn zoom(self, nearer: bool) {
        self.zoom.update(|zoom| {
            let to = if nearer {
                *zoom * ZOOM_STEP
            } else {
                *zoom / ZOOM_STEP
            };
            *zoom = to.clamp(1.0, MOST_ZOOM);
        });
    }
}

/// What pointer and keys do.
#[derive(Clone, Copy)]
struct Hands {
    drawing: Drawing,
    feed: Feed,
    way: Way,
}

impl Hands {
    /// Points at a cell, and asks who it is.
    fn point(self, cell: Option<usize>) {
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
    fn open(self) {
        let wall = self.drawing.wall;
        let known = wall
            .known
            .with_untracked(|known| known.as_ref().map(|(_, row)| row.id));
        if let Some(id) = known {
            self.way.go(&format!("/agents/{id}"));
        }
    }

    fn over(self, event: &MouseEvent) {
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

    fn press(self, event: &KeyboardEvent) {
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
    fn turn(self, event: &WheelEvent) {
        if event.ctrl_key() {
            event.prevent_default();
            self.drawing.zoom(event.delta_y() < 0.0);
        }
    }
}

/// Puts lines of the canvas on the screen.
fn put(state: &State, from: u32, to: u32) {
    let (width, _) = state.canvas.size();
    let lines = state.canvas.lines(from, to);
    let (Some(context), false) = (&state.context, lines.is_empty()) else {
        return;
    };
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(lines), width, to - from);
    if let Ok(image) = image {
        // A canvas that takes no pixels is one that is going away.
        let _ = context.put_image_data(&image, 0.0, f64::from(from));
    }
}

/// The cells, the names of their domains, and what is pointed at.
#[component]
pub(super) fn Sky() -> impl IntoView {
    let (live, wall, feed) = (
        expect_context::<Live>(),
        expect_context::<Wall>(),
        expect_context::<Feed>(),
    );
    let (theme, way) = (expect_context::<Theme>(), expect_context::<Way>());
    let drawing = Drawing {
        live,
        wall,
        state: StoredValue::new_local(State::default()),
        frame: NodeRef::new(),
        canvas: NodeRef::new(),
        window: RwSignal::new(Window::default()),
        zoom: RwSignal::new(1.0),
        laid: RwSignal::new(0),
        pointed: RwSignal::new(None),
    };
    follow(drawing, feed, theme);
    let hands = Hands { drawing, feed, way };
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
        <p class="sky__keys" id="sky-keys">"Arrow keys go from cell to cell, Enter opens an agent, + and − zoom."</p>
        <told::If so=is_empty>
            <p class="sky__none">"No agents yet. "<a href="/agents">"Add the first one"</a></p>
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

/// The names of the domains above their blocks.
#[component]
fn Labels(drawing: Drawing) -> impl IntoView {
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
fn Pointed(drawing: Drawing) -> impl IntoView {
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
fn words(drawing: Drawing) -> String {
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

/// A length as a whole number of pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a screen has some thousands; what is beyond is cut to the largest"
)]
fn whole(length: f64) -> u32 {
    length.round() as u32
}

/// The same with a sign.
#[expect(clippy::cast_possible_truncation, reason = "as above")]
fn nearest(length: f64) -> i32 {
    length.round() as i32
}
