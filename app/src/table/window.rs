//! Which rows of a long table to draw: those on the screen and a few around them; and which to ask for: some screens more.

use core::ops::Range;

/// The height of a row in pixels, as `style/table.css` has it.
pub const ROW_PX: f64 = 37.0;

/// Rows drawn above and below the screen, so that a quick scroll meets rows instead of blanks.
const AROUND: usize = 8;

/// The tallest that a table is made. Browsers clamp elements somewhat above (Firefox at 17.8 million pixels);
/// beyond, the position of the scroll bar is taken as a share of the rows.
const TALLEST_PX: f64 = 15_000_000.0;

/// Rows asked for above and below those drawn: some screens of them, so that scrolling meets rows that are here already.
const AHEAD: usize = 240;

/// Where fewer than so many are left ahead, more are asked for.
const NEAR: usize = 120;

/// The stretch to ask the server for, where `drawn` rows of a list are on the screen and `asked` is what it was asked for
/// last: the same, as long as it reaches far enough. Of a list whose length is not known yet, the beginning.
#[must_use]
pub fn stretch(drawn: Range<usize>, rows: usize, asked: &Range<usize>) -> Range<usize> {
    let needed = drawn.start.saturating_sub(NEAR)..drawn.end.saturating_add(NEAR).min(rows);
    if !asked.is_empty() && asked.start <= needed.start && needed.end <= asked.end {
        return asked.clone();
    }
    drawn.start.saturating_sub(AHEAD)..drawn.end.saturating_add(AHEAD)
}

/// The rows to draw, and the empty space that stands for the others.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    /// The first row drawn.
    pub first: usize,
    /// One past the last row drawn.
    pub end: usize,
    /// Pixels of space above the first.
    pub above_px: f64,
    /// Pixels of space below the last.
    pub below_px: f64,
}

/// Pixels, for the stylesheet, to the hundredth of one.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tables are at most 15 million pixels high"
)]
pub fn px(pixels: f64) -> String {
    // Whole numbers: the formatting of all others would be the console's only use of it, and seven kilobytes.
    let hundredths = (pixels.max(0.0) * 100.0).round() as i64;
    format!("{}.{:02}px", hundredths / 100, hundredths % 100)
}

/// The window of a table of `rows` rows of `row_px` pixels, scrolled to `top_px`, in a frame `height_px` high.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels and rows are far below 2^52, and each is clamped to its range"
)]
pub fn window(rows: usize, row_px: f64, top_px: f64, height_px: f64) -> Window {
    let whole_px = rows as f64 * row_px;
    let shown_px = whole_px.min(TALLEST_PX);
    let height_px = height_px.max(0.0);
    let top_px = top_px.clamp(0.0, (shown_px - height_px).max(0.0));
    let on_screen = (height_px / row_px).ceil() as usize + 1;

    let top_row = if whole_px <= TALLEST_PX {
        top_px / row_px
    } else {
        let scrolled = top_px / (shown_px - height_px).max(1.0);
        scrolled * (rows as f64 - height_px / row_px).max(0.0)
    };
    let first = (top_row.floor() as usize).min(rows).saturating_sub(AROUND);
    let end = (top_row.floor() as usize + on_screen + AROUND).min(rows);
    // Where the row at the top of the screen stands: exactly its place, or, in a table beyond the tallest,
    // wherever the scroll bar is.
    let above_px = (top_px - (top_row - first as f64) * row_px).max(0.0);
    let drawn_px = (end - first) as f64 * row_px;
    Window {
        first,
        end,
        above_px,
        below_px: (shown_px - above_px - drawn_px).max(0.0),
    }
}

/// Where to scroll so that `row` is on the screen, moving as little as possible; `None` where it is already.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
pub fn scroll_to(row: usize, rows: usize, row_px: f64, top_px: f64, height_px: f64) -> Option<f64> {
    let whole_px = rows as f64 * row_px;
    if whole_px > TALLEST_PX {
        let share = row as f64 / (rows as f64 - height_px / row_px).max(1.0);
        return Some(share.min(1.0) * (TALLEST_PX - height_px));
    }
    let row_top = row as f64 * row_px;
    if row_top < top_px {
        Some(row_top)
    } else if row_top + row_px > top_px + height_px {
        Some(row_top + row_px - height_px)
    } else {
        None
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "whole pixels are exact")]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_written_to_the_hundredth() {
        assert_eq!(px(-0.1), "0.00px");
        assert_eq!(px(37.056), "37.06px");
        assert_eq!(px(TALLEST_PX), "15000000.00px");
    }

    #[test]
    fn few_rows_are_all_drawn() {
        let all = window(5, ROW_PX, 0.0, 800.0);
        assert_eq!((all.first, all.end), (0, 5));
        assert_eq!((all.above_px, all.below_px), (0.0, 0.0));
    }

    #[test]
    fn a_hundred_thousand_rows_draw_only_a_screenful() {
        let top_px = 50_000.0 * ROW_PX + 12.0;
        let middle = window(100_000, ROW_PX, top_px, 740.0);
        assert_eq!((middle.first, middle.end), (49_992, 50_029));
        assert_eq!(middle.above_px, 49_992.0 * ROW_PX);
        assert_eq!(middle.below_px, (100_000.0 - 50_029.0) * ROW_PX);
    }

    #[test]
    fn more_is_asked_for_before_the_scrolling_reaches_the_end_of_what_is_here() {
        let first = stretch(0..0, 0, &(0..0));
        assert_eq!(first, 0..240, "before anything is known");
        let first = stretch(0..35, 100_000, &first);
        assert_eq!(first, 0..240, "enough");
        assert_eq!(stretch(80..120, 100_000, &first), first);
        let next = stretch(90..130, 100_000, &first);
        assert_eq!(next, 0..370);
        assert_eq!(stretch(9_000..9_040, 100_000, &next), 8_760..9_280, "far away");
        assert_eq!(
            stretch(9_000..9_010, 9_010, &(8_860..9_010)),
            8_860..9_010,
            "the end of the list"
        );
    }

    #[test]
    fn the_last_row_can_be_reached_however_long_the_table_is() {
        for rows in [1, 20, 21, 100_000, 1_000_000, 10_000_000] {
            let bottom = window(rows, ROW_PX, f64::MAX, 740.0);
            assert_eq!(bottom.end, rows);
            assert!(bottom.below_px < 1.0, "{rows}: {bottom:?}");
        }
    }

    #[test]
    fn a_table_that_shrank_under_the_scroll_bar_shows_its_end() {
        let shrunk = window(30, ROW_PX, 3_000_000.0, 370.0);
        assert_eq!(shrunk.end, 30);
        assert!(shrunk.first < 20);
        assert_eq!(window(0, ROW_PX, 500.0, 370.0), Window::default());
    }

    #[test]
    fn the_rows_of_a_table_beyond_the_tallest_stand_on_the_screen() {
        let top_px = TALLEST_PX / 3.0;
        let drawn = window(1_000_000, ROW_PX, top_px, 740.0);
        assert!(drawn.above_px <= top_px);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let drawn_to = drawn.above_px + (drawn.end - drawn.first) as f64 * ROW_PX;
        assert!(drawn_to >= top_px + 740.0);
    }

    #[test]
    fn a_row_is_scrolled_to_only_where_it_is_hidden() {
        assert_eq!(scroll_to(3, 100, ROW_PX, 0.0, 370.0), None);
        assert_eq!(scroll_to(10, 100, ROW_PX, 0.0, 370.0), Some(37.0));
        assert_eq!(scroll_to(2, 100, ROW_PX, 370.0, 370.0), Some(74.0));
    }
}
