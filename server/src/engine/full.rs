//! Blindness of a house that is full: callers wait outside, and nobody hears them (rule 2).

use std::time::Duration;

use rollcall_presence::EngineTime;
use rollcall_shared::console_api::{BlindReason, BlindSpan};

/// Told once a second while it lasts; longer than this without a word, and it is over.
const OVER_AFTER: Duration = Duration::from_secs(3);

/// The longest that one such time counts as blindness: as long as rule 7 holds flips. Whoever keeps all places taken for
/// longer must not keep the dead from being missed.
const LONGEST: Duration = Duration::from_mins(15);

/// Whether the house is full, and since when.
#[derive(Debug, Default)]
pub(super) struct Full {
    since: Option<Since>,
}

#[derive(Debug, Clone, Copy)]
struct Since {
    began: EngineTime,
    began_ms: i64,
    last: EngineTime,
    last_ms: i64,
}

/// What a tick finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Whether the server is blind by it now.
    pub(super) blind: bool,
    /// It was, and that is over.
    pub(super) over: Option<BlindSpan>,
}

impl Full {
    /// Told at each tick whether somebody had to wait outside since the last one.
    pub(super) fn tick(&mut self, refused: bool, now: EngineTime, now_ms: i64) -> Found {
        if refused {
            let since = self.since.get_or_insert_with(|| {
                tracing::warn!("there is no place for another connection: who waits outside cannot be heard");
                Since {
                    began: now,
                    began_ms: now_ms,
                    last: now,
                    last_ms: now_ms,
                }
            });
            (since.last, since.last_ms) = (now, now_ms);
            return Found {
                blind: now.since(since.began) <= LONGEST,
                over: None,
            };
        }
        let over = self.since.take_if(|since| now.since(since.last) > OVER_AFTER);
        Found {
            blind: false,
            over: over.map(|since| BlindSpan {
                from_ms: since.began_ms,
                to_ms: since.last_ms.max(since.began_ms + 1),
                reason: BlindReason::Full,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_is_blind_for_a_quarter_of_an_hour_at_the_most_and_told_once() {
        let mut full = Full::default();
        let mut blind = 0;
        for second in 0..3_600 {
            let found = full.tick(true, EngineTime::from_secs(second), i64::from(second) * 1_000);
            assert_eq!(found.over, None);
            blind += u32::from(found.blind);
        }
        assert_eq!(blind, 15 * 60 + 1);
        let quiet = |full: &mut Full, second: u32| {
            full.tick(false, EngineTime::from_secs(second), i64::from(second) * 1_000)
                .over
        };
        assert_eq!(
            quiet(&mut full, 3_602),
            None,
            "a second without a word is not the end"
        );
        let span = quiet(&mut full, 3_603).unwrap();
        assert_eq!((span.from_ms, span.to_ms), (0, 3_599_000));
        assert_eq!(quiet(&mut full, 3_700), None);
    }
}
