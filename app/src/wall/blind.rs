//! Blind time in words, for the wall: what was the matter, how long, and what it did to nobody.

use rollcall_shared::console_api::{BlindReason, BlindSpan, Picture};

use crate::phrase;

/// Shorter than this nobody needs to be told of on a wall.
const LEAST_MS: i64 = 1_000;

/// The latest spans that are worth a card, the latest first.
#[must_use]
pub fn told(spans: &[BlindSpan], most: usize) -> Vec<BlindSpan> {
    let long = |span: &&BlindSpan| span.to_ms - span.from_ms >= LEAST_MS;
    let mut spans: Vec<_> = spans.iter().filter(long).copied().collect();
    spans.sort_by_key(|span| core::cmp::Reverse(span.from_ms));
    spans.truncate(most);
    spans
}

/// What it was, and what it meant.
#[must_use]
pub fn words(span: &BlindSpan) -> (&'static str, String) {
    let lasted = phrase::span(span.to_ms - span.from_ms);
    let (title, how) = match span.reason {
        BlindReason::Away => ("This server was away", "Not running for"),
        BlindReason::Stalled => ("This server stood still", "Stopped, suspended or starved for"),
        BlindReason::Full => ("This server was full", "No place for another connection for"),
    };
    (
        title,
        format!("{how} {lasted}. Nobody was marked offline for it."),
    )
}

/// How many of those who are shown online were heard again, and by when all will have been; empty where all were.
#[must_use]
pub fn heard_again(picture: &Picture, by: Option<&str>) -> String {
    let (online, unheard) = (u64::from(picture.online), u64::from(picture.unheard));
    if unheard == 0 {
        return String::new();
    }
    // Rounded down: 100 % are only all of them.
    let permille = online.saturating_sub(unheard) * 1_000 / online.max(1);
    format!(
        "{}.{} % of those shown online were heard again; all will be, or be shown offline, by {}.",
        permille / 10,
        permille % 10,
        by.unwrap_or("their deadlines")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ms: i64, to_ms: i64) -> BlindSpan {
        BlindSpan {
            from_ms,
            to_ms,
            reason: BlindReason::Away,
        }
    }

    #[test]
    fn the_latest_that_matter_come_first() {
        let spans = [span(0, 5_000), span(10_000, 10_999), span(20_000, 68_000)];
        assert_eq!(told(&spans, 3), [spans[2], spans[0]]);
        assert_eq!(told(&spans, 1), [spans[2]]);
        let (title, words) = words(&spans[2]);
        assert_eq!(title, "This server was away");
        assert_eq!(words, "Not running for 48 s. Nobody was marked offline for it.");
    }

    #[test]
    fn all_are_heard_again_only_when_all_are() {
        let picture = |online, unheard| Picture {
            online,
            unheard,
            complete_by_ms: None,
        };
        assert_eq!(heard_again(&picture(1_000, 0), None), "");
        assert!(heard_again(&picture(10_000, 1), Some("14:30:00")).starts_with("99.9 % of"));
        assert!(heard_again(&picture(10_000, 1), Some("14:30:00")).ends_with("by 14:30:00."));
        assert!(heard_again(&picture(0, 1), None).starts_with("0.0 %"));
    }
}
