//! The pixels of squares: a colour for each status, and where there is room a shape too, since not everybody sees colours.

use rollcall_shared::Status;

use super::layout::Square;

/// From this side on a status has a shape.
const SHAPES_FROM: u32 = 8;

/// A colour, without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let bits = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = bits.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// So many 256ths of this one, and the rest of another.
    fn over(self, other: Self, parts: u32) -> Self {
        let mix = |one: u8, other: u8| {
            let mixed = (u32::from(one) * parts + u32::from(other) * (256 - parts)) / 256;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        let (Self([red, green, blue]), Self([red2, green2, blue2])) = (self, other);
        Self([mix(red, red2), mix(green, green2), mix(blue, blue2)])
    }
}

/// The colours of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Palette {
    /// Behind all.
    pub ground: Colour,
    /// Of each status, in the order of [`Status::ALL`].
    pub statuses: [Colour; Status::ALL.len()],
}

/// A window onto the wall, as RGBA.
#[derive(Debug, Default)]
pub struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// Of that size, in the colour of the ground.
    pub fn clear(&mut self, width: u32, height: u32, palette: &Palette) {
        let Colour([red, green, blue]) = palette.ground;
        (self.width, self.height) = (width, height);
        self.pixels.clear();
        let count = width as usize * height as usize;
        self.pixels.reserve(count * 4);
        for _ in 0..count {
            self.pixels.extend([red, green, blue, u8::MAX]);
        }
    }

    /// Its width and height.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The pixels of so many lines.
    #[must_use]
    pub fn lines(&self, from: u32, to: u32) -> &[u8] {
        let line = self.width as usize * 4;
        let end = (to.min(self.height) as usize * line).min(self.pixels.len());
        &self.pixels[(from as usize * line).min(end)..end]
    }

    /// Draws a square whose agents have these statuses; `top` is the height of the wall at which the window begins. What is
    /// outside of the window is left out.
    pub fn draw(&mut self, square: &Square, top: u32, statuses: &[Status], palette: &Palette) {
        let (colour, status) = told(statuses, palette);
        let has_shape = square.side >= SHAPES_FROM && statuses.len() == 1;
        for row in 0..square.side {
            let Some(y) = (square.y + row).checked_sub(top).filter(|y| *y < self.height) else {
                continue;
            };
            for column in 0..square.side {
                let is_drawn = !has_shape || is_of_shape(status, column, row, square.side);
                self.put(
                    square.x + column,
                    y,
                    if is_drawn { colour } else { palette.ground },
                );
            }
        }
    }

    fn put(&mut self, x: u32, y: u32, Colour([red, green, blue]): Colour) {
        if x >= self.width {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        if let Some(pixel) = self.pixels.get_mut(at..at + 4) {
            pixel.copy_from_slice(&[red, green, blue, u8::MAX]);
        }
    }
}

/// How much a status wants to be seen where several agents share a square.
const fn weight(status: Status) -> u32 {
    match status {
        Status::Retired => 0,
        Status::Inactive => 1,
        Status::Pending => 2,
        Status::Online => 3,
        Status::UnreachableOnline => 4,
        Status::UnreachableOffline => 5,
        Status::Offline => 6,
    }
}

/// The colour of agents that share a square, and the status that it tells: of what wants most to be seen, one in a hundred
/// is seen, and more of them are more of its colour.
fn told(statuses: &[Status], palette: &Palette) -> (Colour, Status) {
    let mut counts = [0_u32; Status::ALL.len()];
    for status in statuses {
        counts[*status as usize] += 1;
    }
    let there = || {
        Status::ALL
            .into_iter()
            .filter(|status| counts[*status as usize] > 0)
    };
    let Some(loudest) = there().max_by_key(|status| weight(*status)) else {
        return (palette.ground, Status::Retired);
    };
    let most = there()
        .max_by_key(|status| counts[*status as usize])
        .unwrap_or(loudest);
    let colour_of = |status| {
        if status == Status::Retired {
            palette.ground
        } else {
            palette.statuses[status as usize]
        }
    };
    if loudest == most {
        return (colour_of(loudest), loudest);
    }
    let all = u32::try_from(statuses.len()).unwrap_or(u32::MAX).max(1);
    let share = counts[loudest as usize].saturating_mul(256) / all;
    (
        colour_of(loudest).over(colour_of(most), (112 + share).min(256)),
        loudest,
    )
}

/// Whether a pixel of a square belongs to the shape of that status.
const fn is_of_shape(status: Status, x: u32, y: u32, side: u32) -> bool {
    let edge = side - 1;
    let from_edge = least(least(x, y), least(edge - x, edge - y));
    match status {
        // Full.
        Status::Online => true,
        // With a corner cut off, as marks of the unreachable have a gap.
        Status::UnreachableOnline => x + y < edge + side / 2,
        // Hollow.
        Status::Offline => from_edge < 1 + side / 6,
        // Hollow, with that corner cut off.
        Status::UnreachableOffline => {
            let (thick, cut) = (1 + side / 6, edge + side / 2);
            x + y < cut && (from_edge < thick || x + y + thick >= cut)
        }
        // A dot.
        Status::Pending => from_edge >= side / 3,
        // An outline.
        Status::Inactive => from_edge == 0,
        Status::Retired => false,
    }
}

const fn least(one: u32, other: u32) -> u32 {
    if one < other { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> Palette {
        let mut statuses = [Colour::default(); 7];
        for (place, colour) in (1_u8..).zip(&mut statuses) {
            *colour = Colour([place * 30; 3]);
        }
        Palette {
            ground: Colour([1, 2, 3]),
            statuses,
        }
    }

    fn square(side: u32) -> Square {
        Square {
            x: 2,
            y: 12,
            side,
            agents: 0..1,
        }
    }

    fn pixel(canvas: &Canvas, x: u32, y: u32) -> [u8; 4] {
        let at = ((y * canvas.size().0 + x) * 4) as usize;
        canvas.lines(0, canvas.size().1)[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn a_colour_is_read_as_the_theme_writes_it() {
        assert_eq!(Colour::read(" #38c793"), Some(Colour([0x38, 0xc7, 0x93])));
        for wrong in ["", "38c793", "#38c7", "#38c79g", "#38c7933"] {
            assert_eq!(Colour::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_small_square_is_its_colour_and_nothing_is_drawn_outside_of_the_window() {
        let palette = palette();
        let mut canvas = Canvas::default();
        canvas.clear(8, 6, &palette);
        canvas.draw(&square(3), 10, &[Status::Offline], &palette);
        assert_eq!(pixel(&canvas, 2, 2), [90, 90, 90, 255]);
        assert_eq!(pixel(&canvas, 4, 4), [90, 90, 90, 255]);
        assert_eq!(pixel(&canvas, 5, 2), [1, 2, 3, 255]);
        for top in [0, 13, 14, 400] {
            canvas.draw(&square(30), top, &[Status::Offline], &palette);
        }
        assert_eq!(canvas.lines(0, 6).len(), 8 * 6 * 4);
        assert_eq!(canvas.lines(4, 99).len(), 8 * 2 * 4);
        assert_eq!(canvas.lines(7, 9).len(), 0);
    }

    #[test]
    fn every_status_has_a_shape_of_its_own_where_there_is_room() {
        let shape = |status, side| {
            let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
            pixels
                .map(|(x, y)| is_of_shape(status, x, y, side))
                .collect::<Vec<_>>()
        };
        for side in [SHAPES_FROM, 12, 26, 62] {
            for (place, status) in Status::ALL.iter().enumerate() {
                for other in &Status::ALL[..place] {
                    assert_ne!(
                        shape(*status, side),
                        shape(*other, side),
                        "{status:?} {other:?} {side}"
                    );
                }
            }
        }
    }

    #[test]
    fn one_that_is_offline_among_a_hundred_is_seen_and_more_are_seen_more() {
        let palette = palette();
        let mut statuses = vec![Status::Online; 100];
        let online = told(&statuses, &palette).0;
        statuses[40] = Status::Offline;
        let (one, status) = told(&statuses, &palette);
        assert_eq!(status, Status::Offline);
        statuses[..40].fill(Status::Offline);
        let (many, _) = told(&statuses, &palette);
        assert!(one.0[0] >= online.0[0] + 25 && many.0[0] > one.0[0]);
        statuses.fill(Status::Retired);
        assert_eq!(told(&statuses, &palette).0, palette.ground);
        statuses[3] = Status::Online;
        assert_ne!(told(&statuses, &palette).0, palette.ground);
    }
}
