//! Where each cell stands: blocks of a domain's cells, side by side on shelves, as large as fits.
//!
//! A block's cells run down its columns, so that a block which does not fit at the end of a shelf goes on at the beginning
//! of the next. Cells are never smaller than three pixels: where that is too large, one stands for several agents. All
//! lengths are pixels of the screen.

use core::ops::Range;

/// The smallest cell, with the gap beside it: one that is smaller cannot be seen.
pub const LEAST: u32 = 3;

/// The largest cell of a wall that is not zoomed, on a small screen and on a large one: a twentieth of the height between.
const MOST: (u32, u32) = (28, 96);

/// From this on blocks are as wide as their names, where that fits.
const NAMED_FROM: u32 = 10;

/// The largest at all.
const MOST_ZOOMED: u32 = 128;

/// From this on there is a gap of a pixel between cells.
const GAP_FROM: u32 = 4;

/// From this on a gap of two.
const WIDE_GAP_FROM: u32 = 10;

/// A shelf has no fewer cells below each other.
const LEAST_ROWS: u32 = 4;

/// Room for the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How wide.
    pub width: u32,
    /// How high, of what is seen at once.
    pub height: u32,
    /// How high the name above a block is, with what is around it.
    pub label: u32,
    /// How wide a name wants to be: where all fits so, no block is narrower.
    pub name: u32,
}

/// Where all cells stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// From one cell to the next.
    pub pitch: u32,
    /// How many agents a cell stands for, at the most.
    pub each: usize,
    /// How high all of it is.
    pub height: u32,
    rows: u32,
    label: u32,
    /// What each block has at the least.
    name: u32,
    pieces: Vec<Piece>,
    /// For each block its agents, and the first of its pieces.
    blocks: Vec<(Range<usize>, usize)>,
}

/// A part of a block on one shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    block: usize,
    /// Of the block, the first column that is here.
    first: u32,
    columns: u32,
    x: u32,
    y: u32,
}

/// Where the name of a block stands, and how much room it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Of which block.
    pub block: usize,
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// How wide it may be.
    pub width: u32,
}

/// A square that stands for agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    /// From the left.
    pub x: u32,
    /// From the top of all of it.
    pub y: u32,
    /// Its width and height, without the gap.
    pub side: u32,
    /// The agents, by their cells in the picture.
    pub agents: Range<usize>,
}

impl Layout {
    /// Blocks with these cells, `zoom` times as large as what fits.
    #[must_use]
    pub fn of(blocks: &[Range<usize>], room: Room, zoom: f64) -> Self {
        let fits = Self::that_fits(blocks, room);
        if zoom <= 1.0 {
            return fits;
        }
        // Twice as large is four times the room: first each agent has a cell, then cells grow.
        let area = zoom * zoom;
        let of_each = f64::from(u32::try_from(fits.each).unwrap_or(u32::MAX));
        let each = (of_each / area).ceil().max(1.0);
        let pitch = f64::from(fits.pitch) * (area * each / of_each).sqrt();
        let pitch = whole(pitch).clamp(fits.pitch, MOST_ZOOMED);
        Self::with(blocks, room, pitch, whole(each) as usize)
    }

    fn that_fits(blocks: &[Range<usize>], room: Room) -> Self {
        // Names are worth smaller cells, as long as these have shapes; beyond that cells are worth more.
        let most = (room.height / 20).clamp(MOST.0, MOST.1);
        let named = (NAMED_FROM..=most).rev().map(|pitch| (room, pitch));
        let unnamed = Room { name: 0, ..room };
        for (room, pitch) in named.chain((LEAST..=most).rev().map(|pitch| (unnamed, pitch))) {
            let layout = Self::with(blocks, room, pitch, 1);
            if layout.height <= room.height {
                return layout;
            }
        }
        let room = unnamed;
        let mut each = 2;
        loop {
            let layout = Self::with(blocks, room, LEAST, each);
            // Each block has a cell at least, so with more blocks than cells there is no end to this: it is scrolled then.
            if layout.height <= room.height || each > agents(blocks) {
                return layout;
            }
            each += each.div_ceil(8);
        }
    }

    fn with(blocks: &[Range<usize>], room: Room, pitch: u32, each: usize) -> Self {
        let columns = (room.width / pitch).max(1);
        let least = room.name.div_ceil(pitch).min(columns);
        let rows = rows(blocks, room, pitch, each);
        let shelf = room.label + rows * pitch;
        let (mut pieces, mut of_blocks) = (Vec::new(), Vec::new());
        // In columns, and in shelves.
        let (mut at, mut on) = (0, 0);
        for (number, agents) in blocks.iter().enumerate() {
            of_blocks.push((agents.clone(), pieces.len()));
            let wanted = cells(agents, each).div_ceil(rows);
            let left = columns.saturating_sub(at);
            // A block that would fit on a shelf of its own is not torn for the sake of a few columns.
            let is_torn = wanted > left && wanted <= columns && left < columns / 4;
            if at > 0 && (left < least.max(1) || is_torn) {
                (at, on) = (0, on + 1);
            }
            let (begins, shelf_of_it, mut first) = (at, on, 0);
            while first < wanted {
                if at >= columns {
                    (at, on) = (0, on + 1);
                }
                let here = (wanted - first).min(columns - at);
                pieces.push(Piece {
                    block: number,
                    first,
                    columns: here,
                    x: at * pitch,
                    y: on * shelf + room.label,
                });
                first += here;
                at += here;
            }
            if on == shelf_of_it {
                at = at.max(begins + least);
            }
            // A column stays empty between two blocks.
            at += 1;
        }
        Self {
            pitch,
            each,
            height: if pieces.is_empty() { 0 } else { (on + 1) * shelf },
            rows,
            label: room.label,
            name: least * pitch,
            pieces,
            blocks: of_blocks,
        }
    }

    /// How large a cell is, without the gap.
    #[must_use]
    pub const fn side(&self) -> u32 {
        if self.pitch >= WIDE_GAP_FROM {
            self.pitch - 2
        } else if self.pitch >= GAP_FROM {
            self.pitch - 1
        } else {
            self.pitch
        }
    }

    /// The names, where there is room for some letters.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        let least = 2 * self.label;
        self.pieces
            .iter()
            .filter(move |piece| piece.first == 0 && self.label > 0)
            .map(|piece| Label {
                block: piece.block,
                x: piece.x,
                y: piece.y - self.label,
                width: (piece.columns * self.pitch).max(self.name),
            })
            .filter(move |label| label.width >= least)
    }

    /// The square that stands for an agent, by its cell in the picture.
    #[must_use]
    pub fn square_of(&self, agent: usize) -> Option<Square> {
        let after = self.blocks.partition_point(|(agents, _)| agents.end <= agent);
        let (agents, first) = self.blocks.get(after)?;
        let place = u32::try_from(agent.checked_sub(agents.start)? / self.each).ok()?;
        let column = place / self.rows;
        let of_block = self.pieces[*first..]
            .iter()
            .take_while(|piece| piece.block == after);
        let piece = of_block.take_while(|piece| piece.first <= column).last()?;
        Some(self.square(piece, agents, column - piece.first, place % self.rows))
    }

    /// The square at a point.
    #[must_use]
    pub fn square_at(&self, x: u32, y: u32) -> Option<Square> {
        let high = self.label + self.rows * self.pitch;
        let row = (y % high).checked_sub(self.label)? / self.pitch;
        let top = y / high * high + self.label;
        let after = self
            .pieces
            .partition_point(|piece| (piece.y, piece.x) <= (top, x));
        let piece = self
            .pieces
            .get(after.checked_sub(1)?)
            .filter(|piece| piece.y == top)?;
        let column = (x - piece.x) / self.pitch;
        if column >= piece.columns {
            return None;
        }
        let (agents, _) = &self.blocks[piece.block];
        let square = self.square(piece, agents, column, row);
        (!square.agents.is_empty()).then_some(square)
    }

    /// The square that is so many columns and rows from that of an agent, in the same block.
    #[must_use]
    pub fn beside(&self, agent: usize, columns: i32, rows: i32) -> Option<usize> {
        let (agents, _) = self.blocks.iter().find(|(agents, _)| agents.contains(&agent))?;
        let place = i64::try_from((agent - agents.start) / self.each).ok()?;
        let to = place + i64::from(columns) * i64::from(self.rows) + i64::from(rows);
        let to = usize::try_from(to).ok()? * self.each + agents.start;
        Some(to).filter(|to| agents.contains(to))
    }

    /// All squares between two heights.
    pub fn squares(&self, seen: Range<u32>) -> impl Iterator<Item = Square> {
        let (from, to) = (seen.start, seen.end);
        self.pieces
            .iter()
            .filter(move |piece| piece.y < to && piece.y + self.rows * self.pitch > from)
            .flat_map(move |piece| {
                let (agents, _) = &self.blocks[piece.block];
                (0..piece.columns).flat_map(move |column| {
                    (0..self.rows).map(move |row| self.square(piece, agents, column, row))
                })
            })
            .filter(|square| !square.agents.is_empty())
    }

    fn square(&self, piece: &Piece, agents: &Range<usize>, column: u32, row: u32) -> Square {
        let place = ((piece.first + column) * self.rows + row) as usize;
        let begins = (agents.start + place * self.each).min(agents.end);
        Square {
            x: piece.x + column * self.pitch,
            y: piece.y + row * self.pitch,
            side: self.side(),
            agents: begins..(begins + self.each).min(agents.end),
        }
    }
}

/// How many squares so many agents have.
fn cells(agents: &Range<usize>, each: usize) -> u32 {
    u32::try_from(agents.len().div_ceil(each)).unwrap_or(u32::MAX)
}

fn agents(blocks: &[Range<usize>]) -> usize {
    blocks.last().map_or(0, |last| last.end)
}

/// How many cells stand below each other on a shelf: so many that an average block is about twice as wide as high, and that
/// whole shelves fill the height.
fn rows(blocks: &[Range<usize>], room: Room, pitch: u32, each: usize) -> u32 {
    let squares: u32 = blocks.iter().map(|agents| cells(agents, each)).sum();
    let average = squares / u32::try_from(blocks.len()).unwrap_or(u32::MAX).max(1);
    let wanted = room.label + (average / 2).isqrt().max(LEAST_ROWS) * pitch;
    let shelves = ((room.height + wanted / 2) / wanted).max(1);
    ((room.height / shelves).saturating_sub(room.label) / pitch).max(1)
}

/// A length as a whole number of pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths and counts of a screen; what is beyond them is cut to the largest"
)]
const fn whole(length: f64) -> u32 {
    length as u32
}

#[cfg(test)]
mod tests;
