//! The canvas itself: measured, laid out, drawn, scrolled and zoomed. All lengths of cells are pixels of the screen.

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::Status;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, ImageData, ResizeObserver};

use crate::feed::live::Live;
use crate::pages::wall::Wall;
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
pub(super) struct State {
    pub(super) layout: Option<Layout>,
    canvas: Canvas,
    palette: Palette,
    pub(super) context: Option<CanvasRenderingContext2d>,
}

/// What the canvas shows of the wall, in pixels of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Window {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) top: u32,
    /// Pixels of the screen in one of the page.
    pub(super) ratio: f64,
}

/// The canvas, for those who draw on it and who ask it.
#[derive(Clone, Copy)]
pub(super) struct Drawing {
    pub(super) live: Live,
    pub(super) wall: Wall,
    pub(super) state: StoredValue<State, LocalStorage>,
    pub(super) frame: NodeRef<html::Div>,
    pub(super) canvas: NodeRef<html::Canvas>,
    pub(super) window: RwSignal<Window>,
    pub(super) zoom: RwSignal<f64>,
    /// Counts the layouts, so that what stands on the canvas follows them.
    pub(super) laid: RwSignal<u32>,
    /// The cell that is pointed at.
    pub(super) pointed: RwSignal<Option<usize>>,
}

impl Drawing {
    /// One on which nothing is yet.
    pub(super) fn new(live: Live, wall: Wall) -> Self {
        Self {
            live,
            wall,
            state: StoredValue::new_local(State::default()),
            frame: NodeRef::new(),
            canvas: NodeRef::new(),
            window: RwSignal::new(Window::default()),
            zoom: RwSignal::new(1.0),
            laid: RwSignal::new(0),
            pointed: RwSignal::new(None),
        }
    }

    /// Works out where cells stand, and draws all of them.
    pub(super) fn lay(self) {
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
    pub(super) fn draw(self) {
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
    pub(super) fn touch(self, cells: &[usize]) {
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
    pub(super) fn colour(self) {
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
    pub(super) fn observe(self) {
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
    pub(super) fn square_at(self, x: f64, y: f64) -> Option<Square> {
        let window = self.window.get_untracked();
        let (x, y) = (whole(x * window.ratio), whole(y * window.ratio) + window.top);
        self.state
            .with_value(|state| state.layout.as_ref()?.square_at(x, y))
    }

    pub(super) fn square_of(self, cell: usize) -> Option<Square> {
        self.state
            .with_value(|state| state.layout.as_ref()?.square_of(cell))
    }

    /// Which cell the keyboard goes to.
    pub(super) fn step(self, key: &str) -> Option<usize> {
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
    pub(super) fn show(self, cell: usize) {
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
    pub(super) fn scrolled(self) {
        if let Some(frame) = self.frame.get_untracked() {
            let ratio = self.window.get_untracked().ratio;
            let top = whole(f64::from(frame.scroll_top()) * ratio);
            self.window.update(|window| window.top = top);
        }
    }

    /// Goes nearer or further; the whole wall is the furthest.
    pub(super) fn zoom(self, nearer: bool) {
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
