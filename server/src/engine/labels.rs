//! Wall times for points of engine time. They label history and decide nothing.
//!
//! Engine time stands still while the server is blind and wall clocks are set, so no one difference between the
//! two holds for ever. A mark is kept for each time that it changed; a point is labelled by the mark before it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use rollcall_presence::EngineTime;

/// A change of less than this is the wall clock being disciplined: not worth a mark.
const WORTH_A_MARK_MS: i64 = 50;

/// How many marks are kept. Points before the oldest are labelled by it.
const MARKS: usize = 256;

/// From here on, the wall clock is engine time and this many milliseconds.
#[derive(Debug, Clone, Copy)]
struct Mark {
    from: EngineTime,
    ahead_ms: i64,
}

/// The labels.
#[derive(Debug)]
pub(super) struct Labels {
    marks: RwLock<Vec<Mark>>,
    ticked_micros: AtomicU64,
}

fn engine_ms(at: EngineTime) -> i64 {
    i64::try_from(at.as_micros() / 1_000).unwrap_or(i64::MAX)
}

impl Labels {
    /// Labels of an engine that starts at `now`, which the wall clock calls `wall_ms`. What was before it is labelled
    /// by the wall clock of when engine time was last saved.
    pub(super) fn new(now: EngineTime, wall_ms: i64, saved_wall_ms: Option<i64>) -> Self {
        let mark = |from, wall_ms| Mark {
            from,
            ahead_ms: wall_ms - engine_ms(now),
        };
        // What was heard at the very moment that was saved was heard before the start.
        let after = now + Duration::from_micros(1);
        let marks = match saved_wall_ms {
            Some(saved) => vec![mark(EngineTime::ZERO, saved), mark(after, wall_ms)],
            None => vec![mark(EngineTime::ZERO, wall_ms)],
        };
        Self {
            marks: RwLock::new(marks),
            ticked_micros: AtomicU64::new(0),
        }
    }

    /// Engine time, which stood still at `now` since the engine was made, goes on: what follows is labelled from here.
    pub(super) fn go_on(&self, now: EngineTime, wall_ms: i64) {
        if let Some(mark) = self.marks.write().last_mut() {
            mark.ahead_ms = wall_ms - engine_ms(now);
        }
    }

    /// Told at each tick, also while engine time stands still.
    pub(super) fn ticked(&self, monotonic: Duration) {
        let micros = u64::try_from(monotonic.as_micros()).unwrap_or(u64::MAX);
        self.ticked_micros.store(micros, Ordering::Relaxed);
    }

    /// Told at each tick that may have moved engine time.
    pub(super) fn tick(&self, now: EngineTime, wall_ms: i64) {
        let ahead_ms = wall_ms - engine_ms(now);
        let held = self.marks.read().last().map(|mark| mark.ahead_ms);
        if held.is_some_and(|held| held.abs_diff(ahead_ms) < WORTH_A_MARK_MS.unsigned_abs()) {
            return;
        }
        let mut marks = self.marks.write();
        if marks.len() == MARKS {
            marks.remove(0);
        }
        marks.push(Mark { from: now, ahead_ms });
    }

    /// The wall time of a point of engine time.
    pub(super) fn wall_ms(&self, at: EngineTime) -> i64 {
        let marks = self.marks.read();
        let after = marks.partition_point(|mark| mark.from <= at);
        let mark = marks.get(after.saturating_sub(1));
        engine_ms(at) + mark.map_or(0, |mark| mark.ahead_ms)
    }

    /// How long before `monotonic` the last tick was.
    pub(super) fn since_tick(&self, monotonic: Duration) -> Duration {
        monotonic.saturating_sub(Duration::from_micros(self.ticked_micros.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_before_blind_time_keeps_its_label() {
        let at = |seconds: u64| EngineTime::from_micros(seconds * 1_000_000);
        let labels = Labels::new(at(0), 1_000_000, None);
        labels.tick(at(10), 1_010_000);
        // A minute of blindness: the wall clock went on, engine time did not.
        labels.tick(at(11), 1_071_000);
        assert_eq!(labels.wall_ms(at(5)), 1_005_000);
        assert_eq!(labels.wall_ms(at(12)), 1_072_000);
    }

    #[test]
    fn a_contact_before_a_restart_keeps_its_label() {
        let at = |seconds: u64| EngineTime::from_micros(seconds * 1_000_000);
        // Saved at 100 s, which was 1,100,000; an hour later the server is back.
        let labels = Labels::new(at(100), 4_700_000, Some(1_100_000));
        assert_eq!(labels.wall_ms(at(40)), 1_040_000);
        assert_eq!(labels.wall_ms(at(100)), 1_100_000);
        assert_eq!(labels.wall_ms(at(101)), 4_701_000);
    }

    #[test]
    fn what_a_start_takes_moves_no_label() {
        let at = |micros: u64| EngineTime::from_micros(100_000_000 + micros);
        for saved in [Some(1_100_000), None] {
            let labels = Labels::new(at(0), 4_700_000, saved);
            // Seven seconds later it can hear.
            labels.go_on(at(0), 4_707_000);
            assert_eq!(labels.wall_ms(at(1_000_000)), 4_708_000);
            assert_eq!(labels.wall_ms(at(0)), saved.unwrap_or(4_707_000));
        }
    }
}
