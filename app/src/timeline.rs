//! An agent's timeline as rows of a chart: one of the last day, or one a day. Times are of the viewer's zone where they are
//! told; where days begin is the caller's to know.

use rollcall_shared::console_api::{Timeline, TimelineSpan, TimelineState};

use crate::phrase;

/// All of a row, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it begins.
    pub from_ms: i64,
    /// When it ends: a day in which clocks are changed is longer or shorter.
    pub to_ms: i64,
    /// What is known of it, from the left.
    pub pieces: Vec<Piece>,
}

/// A part of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// What it stands for; cut where the row ends.
    pub span: TimelineSpan,
    /// Where it begins, in hundredths of a percent of the row.
    pub left: i64,
    /// How wide it is.
    pub width: i64,
}

/// The rows between these moments, which rise: with `n + 1` of them there are `n` rows.
#[must_use]
pub fn rows(timeline: &Timeline, bounds: &[i64]) -> Vec<Row> {
    let between = bounds.windows(2).filter(|pair| pair[0] < pair[1]);
    between
        .map(|pair| {
            let (from_ms, to_ms) = (pair[0], pair[1]);
            let within = timeline.spans.iter().filter_map(|span| {
                let cut = TimelineSpan {
                    from_ms: span.from_ms.max(from_ms),
                    to_ms: span.to_ms.min(to_ms),
                    ..*span
                };
                (cut.from_ms < cut.to_ms).then(|| piece(cut, from_ms, to_ms))
            });
            Row {
                from_ms,
                to_ms,
                pieces: within.collect(),
            }
        })
        .collect()
}

fn piece(span: TimelineSpan, from_ms: i64, to_ms: i64) -> Piece {
    let share = |at_ms: i64| (at_ms - from_ms) * WHOLE / (to_ms - from_ms);
    let left = share(span.from_ms);
    Piece {
        span,
        left,
        width: (share(span.to_ms) - left).max(1),
    }
}

/// What it is called.
#[must_use]
pub const fn name(was: TimelineState) -> &'static str {
    match was {
        TimelineState::Online => "Online",
        TimelineState::Offline => "Offline",
        TimelineState::Unknown => "Unknown: the server was blind",
        TimelineState::Changing => "Changing too quickly to be shown",
    }
}

/// Its name in the stylesheet.
#[must_use]
pub const fn key(was: TimelineState) -> &'static str {
    match was {
        TimelineState::Online => "online",
        TimelineState::Offline => "offline",
        TimelineState::Unknown => "unknown",
        TimelineState::Changing => "changing",
    }
}

/// `Offline for 7 min, from 14:02:31 to 14:09:40`; `when` writes a moment.
#[must_use]
pub fn words(span: &TimelineSpan, when: impl Fn(i64) -> String) -> String {
    let mut words = name(span.was).to_owned();
    for part in [
        " for ",
        &phrase::span(span.to_ms - span.from_ms),
        ", from ",
        &when(span.from_ms),
        " to ",
        &when(span.to_ms),
    ] {
        words.push_str(part);
    }
    words
}

/// How a row divides, in a sentence: `online 23 h, offline 7 min`.
#[must_use]
pub fn summary(row: &Row) -> String {
    let of = |was: TimelineState| -> i64 {
        let pieces = row.pieces.iter().filter(|piece| piece.span.was == was);
        pieces.map(|piece| piece.span.to_ms - piece.span.from_ms).sum()
    };
    let mut words = String::new();
    for (was, word) in [
        (TimelineState::Online, "online "),
        (TimelineState::Offline, "offline "),
        (TimelineState::Unknown, "unknown "),
        (TimelineState::Changing, "changing "),
    ] {
        let ms = of(was);
        if ms > 0 {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(word);
            words.push_str(&phrase::span(ms));
        }
    }
    if words.is_empty() {
        "not heard of yet".clone_into(&mut words);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn timeline(spans: &[(i64, i64, TimelineState)]) -> Timeline {
        let spans: Vec<_> = spans
            .iter()
            .map(|(from_ms, to_ms, was)| TimelineSpan {
                from_ms: *from_ms,
                to_ms: *to_ms,
                was: *was,
            })
            .collect();
        Timeline {
            from_ms: 0,
            to_ms: 0,
            spans,
        }
    }

    #[test]
    fn a_span_over_midnight_is_in_both_rows() {
        let told = timeline(&[
            (20 * HOUR, 30 * HOUR, TimelineState::Online),
            (30 * HOUR, 31 * HOUR, TimelineState::Offline),
        ]);
        let rows = rows(&told, &[0, 24 * HOUR, 48 * HOUR]);
        assert_eq!(rows[0].pieces.len(), 1);
        assert_eq!((rows[0].pieces[0].left, rows[0].pieces[0].width), (8_333, 1_667));
        assert_eq!(rows[1].pieces.len(), 2);
        assert_eq!(rows[1].pieces[0].span.from_ms, 24 * HOUR);
        assert_eq!(summary(&rows[1]), "online 6 h, offline 60 min");
        assert_eq!(
            summary(&Row {
                pieces: vec![],
                ..rows[0].clone()
            }),
            "not heard of yet"
        );
    }

    #[test]
    fn a_day_in_which_clocks_are_changed_is_a_row_of_its_own_length() {
        let told = timeline(&[(0, 23 * HOUR, TimelineState::Online)]);
        let rows = rows(&told, &[0, 23 * HOUR, 23 * HOUR, 47 * HOUR]);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].pieces[0].left, rows[0].pieces[0].width), (0, 10_000));
        assert!(rows[1].pieces.is_empty());
    }

    #[test]
    fn what_was_brief_is_seen_and_told() {
        let told = timeline(&[(5_000, 6_000, TimelineState::Unknown)]);
        let rows = rows(&told, &[0, 24 * HOUR]);
        let piece = rows[0].pieces[0];
        assert_eq!(piece.width, 1);
        assert_eq!(
            words(&piece.span, |ms| format!("{ms}")),
            "Unknown: the server was blind for 1 s, from 5000 to 6000"
        );
    }
}
