//! Engine time (rule 1): the one clock that decides.
//!
//! It is monotonic time minus blind time. A tick moves it by at most [`LONGEST_STEP`]; whatever a stall, a
//! suspended process or a stopped machine took beyond that is blind, and counts against nobody. At a start it stands
//! still until the server can hear.
//!
//! Wall time has no place here: it labels history, in the server.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

use crate::sync::{AtomicU64, Ordering};

/// The most that one tick moves engine time (rule 1). Ticks come every fraction of a second; a tick later than
/// this was not a tick but a stall in which the server could not have heard anyone.
pub const LONGEST_STEP: Duration = Duration::from_secs(2);

/// Further ahead than any process runs, in microseconds: what engine time lags behind while it stands still.
const FAR: u64 = 1 << 62;

/// A point in engine time: microseconds since the engine's first start.
///
/// Microseconds, so that cutting a finer clock to it brings no deadline nearer by more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EngineTime(u64);

impl EngineTime {
    /// The engine's first start.
    pub const ZERO: Self = Self(0);
    /// The last point that fits beside the flags of a contact word: some 2,280 years.
    pub const MAX: Self = Self((1 << 56) - 1);

    /// So many microseconds after the engine's first start; the most that fits where it is more.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the engine's first start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// So many seconds after the engine's first start.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs as u64 * 1_000_000)
    }

    /// Whole seconds since the engine's first start: 136 years of them fit.
    #[must_use]
    pub fn as_secs(self) -> u32 {
        u32::try_from(self.0 / 1_000_000).unwrap_or(u32::MAX)
    }

    /// How long after `earlier` this is; nothing where it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for EngineTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros(span)))
    }
}

impl Sub<Duration> for EngineTime {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }
}

impl fmt::Display for EngineTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Engine time as any thread reads it between two ticks.
#[derive(Debug)]
pub struct EngineClock {
    /// Engine time at the last tick.
    ticked: AtomicU64,
    /// What is added to monotonic time to give engine time, modulo 2^64; blind time makes it less.
    shift: AtomicU64,
}

impl EngineClock {
    /// Engine time now, `monotonic` being the time since the process began.
    ///
    /// Runs on between ticks, but never further than a tick may move it: a thread that wakes from a stall
    /// before the ticker does reads what the ticker will then set.
    #[must_use]
    pub fn now(&self, monotonic: Duration) -> EngineTime {
        // In this order, against the order in which the ticker stores: who sees a new tick sees its shift.
        let ticked = self.ticked.load(Ordering::Acquire);
        let shift = self.shift.load(Ordering::Acquire);
        let ahead = micros(monotonic).wrapping_add(shift).wrapping_sub(ticked);
        // More than half of all numbers is less than nothing: read before the tick, or while time stands still.
        let ahead = if ahead > u64::MAX / 2 {
            0
        } else {
            ahead.min(micros(LONGEST_STEP))
        };
        EngineTime::from_micros(ticked.saturating_add(ahead))
    }
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// Engine time now.
    pub now: EngineTime,
    /// How much of the time since the tick before was blind.
    pub blind: Duration,
}

/// Moves engine time. One for an engine, held by the thread that ticks.
#[derive(Debug)]
pub struct Ticker {
    now: EngineTime,
    /// Of the last tick, in whole microseconds; nothing while time stands still.
    monotonic: Option<Duration>,
}

impl Ticker {
    /// An engine time that stands still at `resumed` until [`Ticker::go_on`]: a server that starts can hear nobody yet.
    #[must_use]
    pub fn resume(resumed: EngineTime) -> (Self, EngineClock) {
        let clock = EngineClock {
            ticked: AtomicU64::new(resumed.as_micros()),
            shift: AtomicU64::new(resumed.as_micros().wrapping_sub(FAR)),
        };
        let ticker = Self {
            now: resumed,
            monotonic: None,
        };
        (ticker, clock)
    }

    /// Whether engine time stands still.
    #[must_use]
    pub const fn stands_still(&self) -> bool {
        self.monotonic.is_none()
    }

    /// Lets engine time go on from where it stands.
    pub fn go_on(&mut self, clock: &EngineClock, monotonic: Duration) {
        if self.monotonic.is_none() {
            self.set(clock, Duration::from_micros(micros(monotonic)));
        }
    }

    /// Moves engine time to what `monotonic` makes it, by [`LONGEST_STEP`] at the most; not where it stands still.
    pub fn tick(&mut self, clock: &EngineClock, monotonic: Duration) -> Advance {
        let Some(before) = self.monotonic else {
            return Advance {
                now: self.now,
                blind: Duration::ZERO,
            };
        };
        // Cut before it is compared: what each of a thousand ticks a second loses would make a clock that runs slow.
        let monotonic = Duration::from_micros(micros(monotonic));
        let passed = monotonic.saturating_sub(before);
        let step = passed.min(LONGEST_STEP);
        self.now = self.now + step;
        self.set(clock, before.max(monotonic));
        Advance {
            now: self.now,
            blind: passed.saturating_sub(step),
        }
    }

    fn set(&mut self, clock: &EngineClock, monotonic: Duration) {
        self.monotonic = Some(monotonic);
        let now = self.now.as_micros();
        clock
            .shift
            .store(now.wrapping_sub(micros(monotonic)), Ordering::Release);
        clock.ticked.store(now, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn running(resumed: EngineTime, monotonic: Duration) -> (Ticker, EngineClock) {
        let (mut ticker, clock) = Ticker::resume(resumed);
        ticker.go_on(&clock, monotonic);
        (ticker, clock)
    }

    #[test]
    fn a_stall_beyond_two_seconds_is_blind_and_moves_nothing() {
        let (mut ticker, clock) = running(EngineTime::ZERO, ms(0));
        assert_eq!(
            ticker.tick(&clock, ms(100)),
            Advance {
                now: EngineTime::from_micros(100_000),
                blind: ms(0)
            }
        );
        let advance = ticker.tick(&clock, ms(120_100));
        assert_eq!(
            advance,
            Advance {
                now: EngineTime::from_micros(2_100_000),
                blind: ms(118_000)
            }
        );
        assert_eq!(clock.now(ms(120_150)), EngineTime::from_micros(2_150_000));
    }

    #[test]
    fn a_thread_that_wakes_before_the_ticker_reads_what_the_ticker_will_set() {
        let (mut ticker, clock) = running(EngineTime::ZERO, ms(0));
        let early = clock.now(ms(60_000));
        assert_eq!(early, ticker.tick(&clock, ms(60_000)).now);
    }

    #[test]
    fn a_restart_resumes_where_engine_time_stood() {
        let stood = EngineTime::from_micros(77_000_000);
        let (mut ticker, clock) = running(stood, ms(5));
        assert_eq!(clock.now(ms(5)), stood);
        assert_eq!(ticker.tick(&clock, ms(105)).now, stood + ms(100));
    }

    #[test]
    fn time_stands_still_until_it_is_told_to_go_on() {
        for stood in [EngineTime::ZERO, EngineTime::from_micros(77_000_000)] {
            let (mut ticker, clock) = Ticker::resume(stood);
            assert!(ticker.stands_still());
            for monotonic in [ms(0), ms(5), ms(9_000)] {
                assert_eq!(clock.now(monotonic), stood);
                let stands = Advance {
                    now: stood,
                    blind: ms(0),
                };
                assert_eq!(ticker.tick(&clock, monotonic), stands);
            }
            ticker.go_on(&clock, ms(9_005));
            assert!(!ticker.stands_still());
            // A thread that read the clock before that.
            assert_eq!(clock.now(ms(9_004)), stood);
            assert_eq!(clock.now(ms(9_006)), stood + ms(1));
            let moved = Advance {
                now: stood + ms(100),
                blind: ms(0),
            };
            assert_eq!(ticker.tick(&clock, ms(9_105)), moved);
            // It is told once.
            ticker.go_on(&clock, ms(20_000));
            assert_eq!(ticker.tick(&clock, ms(9_205)).now, stood + ms(200));
        }
    }

    #[test]
    fn ticks_that_come_at_odd_nanoseconds_lose_nothing_of_an_hour() {
        let odd = Duration::from_nanos(1_700_999);
        let mut monotonic = Duration::from_nanos(700);
        let (mut ticker, clock) = running(EngineTime::ZERO, monotonic);
        let mut now = EngineTime::ZERO;
        while monotonic < Duration::from_hours(1) {
            monotonic += odd;
            now = ticker.tick(&clock, monotonic).now;
        }
        assert_eq!(now.as_micros(), micros(monotonic));
    }

    #[test]
    fn a_monotonic_clock_that_runs_backwards_moves_nothing() {
        let (mut ticker, clock) = running(EngineTime::ZERO, ms(500));
        assert_eq!(ticker.tick(&clock, ms(100)).now, EngineTime::ZERO);
        assert_eq!(ticker.tick(&clock, ms(600)).now, EngineTime::ZERO + ms(100));
    }

    proptest! {
        #[test]
        fn engine_time_never_runs_backwards_and_never_by_more_than_a_step(
            steps in prop::collection::vec(0_u64..10_000, 1..50),
        ) {
            let (mut ticker, clock) = running(EngineTime::ZERO, ms(0));
            let (mut monotonic, mut before, mut blind) = (ms(0), EngineTime::ZERO, ms(0));
            for step in steps {
                monotonic += ms(step);
                let read = clock.now(monotonic);
                let advance = ticker.tick(&clock, monotonic);
                prop_assert_eq!(read, advance.now);
                prop_assert!(advance.now >= before && advance.now.since(before) <= LONGEST_STEP);
                blind += advance.blind;
                before = advance.now;
                prop_assert_eq!(advance.now.since(EngineTime::ZERO) + blind, monotonic);
            }
        }
    }
}
