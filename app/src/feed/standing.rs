//! How live the screen is: the judgement behind the mark at the top right and the banner.

use rollcall_shared::feed::PULSE_MS;

/// After so long without a frame the picture is not live: three pulses were missed, so it is no hiccup.
pub const SILENT_AFTER_MS: i64 = 3 * PULSE_MS.cast_signed();

/// The server merges changes into frames of a tenth of a second, so no screen is less behind than this.
const FRAME_MS: i64 = 100;

/// What is known about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Whether this connection stands, and has brought a whole snapshot.
    pub connected: bool,
    /// When what is shown was last right, by a clock of this machine that nobody sets; nothing before the first snapshot was whole.
    pub shown_ms: Option<i64>,
    /// How much later than the quickest frame of this connection the last one came, in milliseconds.
    pub late_ms: i64,
}

/// How live the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Nothing was ever shown, and the connection is on its way.
    #[default]
    Connecting,
    /// What is shown is so many milliseconds old.
    Live {
        /// Milliseconds.
        behind_ms: i64,
    },
    /// What is shown is old, and is not being renewed.
    NotLive {
        /// Milliseconds since the last frame; nothing where none ever came.
        age_ms: Option<i64>,
    },
}

impl Standing {
    /// The judgement at `now_ms` by that same clock. `began_ms` is when connecting began.
    #[must_use]
    pub fn judge(heard: Heard, began_ms: i64, now_ms: i64) -> Self {
        let age_ms = heard.shown_ms.map(|shown_ms| (now_ms - shown_ms).max(0));
        match age_ms {
            None if now_ms - began_ms <= SILENT_AFTER_MS => Self::Connecting,
            Some(age_ms) if heard.connected && age_ms <= SILENT_AFTER_MS => Self::Live {
                behind_ms: FRAME_MS + heard.late_ms.max(0),
            },
            age_ms => Self::NotLive { age_ms },
        }
    }

    /// Whether what is shown can be trusted to be now.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

/// Tells the clocks of server and browser apart, from the frames alone.
///
/// The quickest frame of late came with the least delay, so the others are late against it. A browser's clock
/// that is wrong by an hour then shows ages right all the same. Of late, not ever: a server's clock that is set
/// back would make every later frame late, by as much, for as long as the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offset {
    now: Option<Span>,
    before_ms: Option<i64>,
    /// Whether the next frame is of another connection, so that what is known holds only until it comes.
    anew: bool,
}

/// What the frames of half a minute told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    began_ms: i64,
    /// The server's clock minus the browser's, by the quickest frame.
    best_ms: i64,
}

/// The quickest frame is sought in this span and the one before it.
const SPAN_MS: i64 = 30_000;

impl Offset {
    /// Takes a frame that was made at `server_ms` and came at `here_ms`; answers how late it was. `here_ms` is of
    /// a clock that nobody sets.
    pub fn frame(&mut self, server_ms: i64, here_ms: i64) -> i64 {
        if core::mem::take(&mut self.anew) {
            *self = Self::default();
        }
        let difference = server_ms - here_ms;
        let fresh = Span {
            began_ms: here_ms,
            best_ms: difference,
        };
        let span = match self.now {
            Some(span) if here_ms - span.began_ms < SPAN_MS => Span {
                best_ms: span.best_ms.max(difference),
                ..span
            },
            Some(span) => {
                let is_next = here_ms - span.began_ms < 2 * SPAN_MS;
                self.before_ms = is_next.then_some(span.best_ms);
                fresh
            }
            None => fresh,
        };
        self.now = Some(span);
        self.best_ms().unwrap_or(difference) - difference
    }

    /// The next frame is of another connection: perhaps by another way, perhaps from another server.
    pub fn start_anew(&mut self) {
        self.anew = true;
    }

    /// The server's clock at `here_ms`; nothing before the first frame.
    #[must_use]
    pub fn server_ms(self, here_ms: i64) -> Option<i64> {
        Some(here_ms + self.best_ms()?)
    }

    fn best_ms(self) -> Option<i64> {
        let now_ms = self.now?.best_ms;
        Some(self.before_ms.map_or(now_ms, |before_ms| before_ms.max(now_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: Heard = Heard {
        connected: true,
        shown_ms: Some(10_000),
        late_ms: 0,
    };

    #[test]
    fn a_screen_with_a_fresh_frame_is_live_and_a_tenth_of_a_second_behind() {
        assert_eq!(
            Standing::judge(HEARD, 0, 10_900),
            Standing::Live { behind_ms: 100 }
        );
    }

    #[test]
    fn a_late_frame_is_told() {
        let heard = Heard {
            late_ms: 700,
            ..HEARD
        };
        assert_eq!(
            Standing::judge(heard, 0, 10_900),
            Standing::Live { behind_ms: 800 }
        );
    }

    #[test]
    fn three_missed_pulses_and_the_screen_is_not_live() {
        assert!(Standing::judge(HEARD, 0, 13_000).is_live());
        assert_eq!(
            Standing::judge(HEARD, 0, 13_001),
            Standing::NotLive { age_ms: Some(3_001) }
        );
    }

    #[test]
    fn a_lost_connection_is_not_live_at_once() {
        let heard = Heard {
            connected: false,
            ..HEARD
        };
        assert_eq!(
            Standing::judge(heard, 0, 10_200),
            Standing::NotLive { age_ms: Some(200) }
        );
    }

    #[test]
    fn the_first_connection_is_given_time() {
        let nothing = Heard::default();
        assert_eq!(Standing::judge(nothing, 5_000, 8_000), Standing::Connecting);
        assert_eq!(
            Standing::judge(nothing, 5_000, 9_000),
            Standing::NotLive { age_ms: None }
        );
    }

    #[test]
    fn a_clock_that_is_wrong_by_an_hour_costs_nothing() {
        let mut offset = Offset::default();
        assert_eq!(offset.frame(3_600_000, 40), 0);
        assert_eq!(offset.frame(3_601_000, 1_340), 300);
        assert_eq!(offset.server_ms(1_340), Some(3_601_300));
    }

    /// A frame a second from `from` to `to` by the steady clock; answers how late the last one was.
    fn pulses(offset: &mut Offset, ahead_ms: i64, from: i64, to: i64) -> i64 {
        (from..=to)
            .map(|second| offset.frame(ahead_ms + second * 1_000, second * 1_000))
            .last()
            .unwrap_or(0)
    }

    #[test]
    fn a_clock_that_is_set_back_is_followed_within_a_minute() {
        let mut offset = Offset::default();
        assert_eq!(pulses(&mut offset, 50_000, 0, 100), 0);
        assert_eq!(pulses(&mut offset, 20_000, 101, 102), 30_000);
        assert_eq!(pulses(&mut offset, 20_000, 103, 161), 0);
        assert_eq!(offset.server_ms(161_000), Some(181_000));
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed_at_once() {
        let mut offset = Offset::default();
        pulses(&mut offset, 50_000, 0, 100);
        assert_eq!(pulses(&mut offset, 90_000, 101, 101), 0);
        assert_eq!(offset.server_ms(101_000), Some(191_000));
    }

    #[test]
    fn between_two_connections_the_clock_goes_on() {
        let mut offset = Offset::default();
        assert_eq!(offset.server_ms(10), None);
        pulses(&mut offset, 50_000, 0, 10);
        offset.start_anew();
        assert_eq!(offset.server_ms(11_000), Some(61_000));
        assert_eq!(offset.frame(41_000, 12_000), 0);
        assert_eq!(offset.server_ms(12_000), Some(41_000));
    }
}
