//! When to tell of what nobody can follow as quickly as it changes: at once, and then no more than once in a while.

/// How far apart it is told at the least.
pub const EVERY_MS: i64 = 500;

/// When it was told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seldom {
    told_ms: Option<i64>,
    is_put_off: bool,
}

impl Seldom {
    /// The time that was waited for is over; by the clock that timers have, which may be a little early.
    pub fn over(&mut self, here_ms: i64) -> Option<i64> {
        self.is_put_off = false;
        self.wait_ms(here_ms)
    }

    /// Something changed. How long to wait until it is told: 0 is now; nothing
    /// where somebody waits already, and will tell of this too.
    pub fn wait_ms(&mut self, here_ms: i64) -> Option<i64> {
        let wait_ms = self.told_ms.map_or(0, |told_ms| told_ms + EVERY_MS - here_ms);
        if wait_ms > 0 {
            return (!core::mem::replace(&mut self.is_put_off, true)).then_some(wait_ms);
        }
        *self = Self {
            told_ms: Some(here_ms),
            is_put_off: false,
        };
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_told_at_its_begin_now_and_then_and_at_its_end() {
        let mut seldom = Seldom::default();
        assert_eq!(seldom.wait_ms(7), Some(0), "at once");
        assert_eq!(seldom.wait_ms(107), Some(400));
        assert_eq!(seldom.wait_ms(207), None, "somebody waits");
        assert_eq!(seldom.over(506), Some(1), "the timer was early");
        assert_eq!(seldom.over(507), Some(0), "the time is over");
        assert_eq!(seldom.wait_ms(607), Some(400), "the last change is told, too");
        assert_eq!(seldom.wait_ms(5_000), Some(0));
    }
}
