//! How much of a fleet that comes at once is taken at once, and what the rest is told: when to come back.
//!
//! Registrations and polls cost a server real work, and a fleet that was cut off has them all to do in the same minute.
//! So many are worked on at a time; whoever comes beyond that was heard (rule 2) and is given a slot, drawn from the
//! time in which the server is through with everybody who is missing, as quickly as it was seen to work. Heartbeats cost
//! next to nothing and are never sent away; while the processors are busy they are asked for less often (rule 15).
//!
//! What is decided is pure (`rollcall_presence::load`); this holds the counts.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rollcall_presence::load::{Stretch, slot};
use rollcall_shared::patience::LONGEST_SLOT;

/// Calls worked on at a time. At the few thousand a second that a core takes, the last of them waits for a tenth of a
/// second: more at a time would make nobody's answer come sooner.
const AT_A_TIME: u32 = 512;

/// What a server is taken to manage before it was seen at its limit, in calls a second: little, so that the first
/// slots are rather too late than too early.
const UNSEEN: u32 = 1_000;

/// Until the missing are counted, which takes a second, they are taken to be as many as the server manages in so many
/// seconds.
const UNCOUNTED_S: u32 = 4;

/// The least that it is taken to manage, whatever one bad second showed.
const LEAST: u32 = 100;

/// How many looks at a server at its limit make up what it is taken to manage: the newest counts an eighth.
const SMOOTH: u32 = 8;

/// The counts.
#[derive(Debug)]
pub struct Arrivals {
    at_a_time: u32,
    under_way: AtomicU32,
    /// Since the start, and until the last look.
    done: AtomicU64,
    done_before: AtomicU64,
    full: AtomicBool,
    sent_away: AtomicU64,
    a_second: AtomicU32,
    missing: AtomicU32,
    stretch: AtomicU32,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self::taking(AT_A_TIME)
    }
}

/// Somebody is worked on, until this is dropped.
#[derive(Debug)]
#[must_use = "the place is free again when this is dropped"]
pub struct Taken<'a>(&'a Arrivals);

impl Taken<'_> {
    /// The work is done. What is dropped without was given up, by its caller or by a refusal: it shows nothing of what the
    /// server manages, and where it is slow most are such.
    pub fn done(self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a server stands under what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many registrations and polls it is taken to manage in a second.
    pub a_second: u32,
    /// How many were sent away with a slot since it started.
    pub sent_away: u64,
    /// How much longer than set the dictated intervals are.
    pub stretch: Stretch,
}

impl Arrivals {
    /// Takes so many at a time.
    #[must_use]
    pub fn taking(at_a_time: u32) -> Self {
        Self {
            at_a_time,
            under_way: AtomicU32::new(0),
            done: AtomicU64::new(0),
            done_before: AtomicU64::new(0),
            full: AtomicBool::new(false),
            sent_away: AtomicU64::new(0),
            a_second: AtomicU32::new(UNSEEN),
            missing: AtomicU32::new(0),
            stretch: AtomicU32::new(Stretch::default().thousandths()),
        }
    }

    /// Takes somebody, unless there are enough; then nobody.
    #[must_use]
    pub fn take(&self) -> Option<Taken<'_>> {
        if self.under_way.fetch_add(1, Ordering::Relaxed) < self.at_a_time {
            return Some(Taken(self));
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.full.store(true, Ordering::Relaxed);
        None
    }

    /// When somebody for whom there was no place is to come back, where a minute lasts `minute`. `random` is fresh.
    #[must_use]
    pub fn send_away(&self, minute: Duration, random: u64) -> Duration {
        self.sent_away.fetch_add(1, Ordering::Relaxed);
        let a_second = self.a_second.load(Ordering::Relaxed);
        let missing = match self.missing.load(Ordering::Relaxed) {
            0 => a_second.saturating_mul(UNCOUNTED_S),
            missing => missing,
        };
        slot(missing, a_second, LONGEST_SLOT.min(minute), random)
    }

    /// So much time has passed since the last look, a second or, where the server has much to do, more. In it the
    /// processors were busy for so many thousandths. Gives whether somebody found no place in it.
    pub fn time_passed(&self, passed: Duration, busy: u32) -> bool {
        let total = self.done.load(Ordering::Relaxed);
        let before = self.done_before.swap(total, Ordering::Relaxed);
        let done = rate(total.saturating_sub(before), passed);
        let full = self.full.swap(false, Ordering::Relaxed);
        let a_second = self.a_second.load(Ordering::Relaxed);
        if full {
            let smoothed = a_second - a_second / SMOOTH + done / SMOOTH;
            self.a_second.store(smoothed.max(LEAST), Ordering::Relaxed);
        } else if done > a_second {
            // It was not even at its limit.
            self.a_second.store(done, Ordering::Relaxed);
        }
        let stretch = Stretch::from_thousandths(self.stretch.load(Ordering::Relaxed)).after(busy);
        self.stretch.store(stretch.thousandths(), Ordering::Relaxed);
        full
    }

    /// So much time passed in which nobody was sent away: as many as the server manages in it came back, of those who are
    /// missing.
    pub fn came_back(&self, passed: Duration) {
        let a_second = u128::from(self.a_second.load(Ordering::Relaxed));
        let came = a_second.saturating_mul(passed.as_micros()) / MICROS;
        let missing = self.missing.load(Ordering::Relaxed);
        self.expect(missing.saturating_sub(u32::try_from(came).unwrap_or(u32::MAX)));
    }

    /// How many agents may yet come, as far as anybody knows.
    pub fn expect(&self, missing: u32) {
        self.missing.store(missing, Ordering::Relaxed);
    }

    /// How much longer than set the dictated intervals are now.
    #[must_use]
    pub fn stretch(&self) -> Stretch {
        Stretch::from_thousandths(self.stretch.load(Ordering::Relaxed))
    }

    /// How many were done since it started.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            a_second: self.a_second.load(Ordering::Relaxed),
            sent_away: self.sent_away.load(Ordering::Relaxed),
            stretch: self.stretch(),
        }
    }
}

/// Microseconds of a second.
const MICROS: u128 = 1_000_000;

/// So many in so much time, a second.
fn rate(count: u64, passed: Duration) -> u32 {
    let a_second = u128::from(count).saturating_mul(MICROS) / passed.as_micros().max(1);
    u32::try_from(a_second).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn who_finds_no_place_is_sent_away_and_who_leaves_makes_one() {
        let arrivals = Arrivals::taking(2);
        let (first, second) = (arrivals.take().unwrap(), arrivals.take().unwrap());
        assert!(arrivals.take().is_none());
        drop(first);
        assert!(arrivals.take().is_some());
        drop(second);
        assert!(arrivals.time_passed(SECOND, 0), "somebody found no place");
        assert!(!arrivals.time_passed(SECOND, 0));
    }

    #[test]
    fn slots_follow_from_how_many_are_missing_and_how_quick_the_server_was_seen_to_be() {
        let arrivals = Arrivals::taking(1);
        arrivals.expect(30_000);
        // At a thousand a second, the last one comes after half a minute.
        assert_eq!(arrivals.send_away(MINUTE, u64::MAX).as_secs(), 29);
        for _ in 0..100 {
            let taken = arrivals.take();
            assert!(arrivals.take().is_none());
            drop(taken);
            arrivals.done.fetch_add(4_000, Ordering::Relaxed);
            arrivals.time_passed(SECOND, 0);
        }
        assert!((3_900..=4_000).contains(&arrivals.standing().a_second));
        assert_eq!(arrivals.send_away(MINUTE, u64::MAX).as_secs(), 7);
        // Never beyond what the return window counts on (rule 6).
        arrivals.expect(u32::MAX);
        assert_eq!(arrivals.send_away(MINUTE, u64::MAX).as_secs(), 59);
        assert_eq!(arrivals.standing().sent_away, 3);
    }

    #[test]
    fn the_first_who_find_no_place_are_spread_too_and_the_backlog_goes_as_it_comes_back() {
        let arrivals = Arrivals::default();
        assert_eq!(
            arrivals.send_away(MINUTE, u64::MAX).as_secs(),
            3,
            "of four seconds"
        );
        arrivals.expect(10_000);
        arrivals.came_back(SECOND);
        assert_eq!(arrivals.send_away(MINUTE, u64::MAX).as_secs(), 8, "of nine");
        for _ in 0..20 {
            arrivals.came_back(SECOND);
        }
        assert_eq!(arrivals.send_away(MINUTE, u64::MAX).as_secs(), 3);
    }

    #[test]
    fn a_quick_second_shows_what_a_server_manages_and_a_quiet_one_shows_nothing() {
        let arrivals = Arrivals::default();
        arrivals.done.fetch_add(9_000, Ordering::Relaxed);
        arrivals.time_passed(SECOND, 0);
        assert_eq!(arrivals.standing().a_second, 9_000);
        arrivals.done.fetch_add(3, Ordering::Relaxed);
        arrivals.time_passed(SECOND, 0);
        assert_eq!(arrivals.standing().a_second, 9_000);
    }

    /// One that managed 800 a second while it was at its limit.
    fn at_its_limit() -> Arrivals {
        let arrivals = Arrivals::taking(1);
        let taken = arrivals.take();
        assert!(arrivals.take().is_none());
        drop(taken);
        arrivals.a_second.store(800, Ordering::Relaxed);
        arrivals
    }

    #[test]
    fn what_was_given_up_shows_nothing_of_what_a_server_manages() {
        let arrivals = at_its_limit();
        for answered in 0..1_600 {
            let taken = arrivals.take().unwrap();
            if answered < 400 {
                taken.done();
            }
        }
        assert!(arrivals.time_passed(SECOND, 0));
        assert_eq!(arrivals.standing().a_second, 700 + 50);
    }

    #[test]
    fn what_was_done_until_a_late_look_was_not_done_in_a_second() {
        let arrivals = at_its_limit();
        arrivals.done.fetch_add(6_400, Ordering::Relaxed);
        assert!(arrivals.time_passed(SECOND * 8, 0));
        assert_eq!(arrivals.standing().a_second, 800);
        // Nor where it was not at its limit.
        arrivals.done.fetch_add(6_400, Ordering::Relaxed);
        assert!(!arrivals.time_passed(SECOND * 4, 0));
        assert_eq!(arrivals.standing().a_second, 1_600);
        arrivals.expect(10_000);
        arrivals.came_back(SECOND * 4);
        assert_eq!(arrivals.missing.load(Ordering::Relaxed), 10_000 - 6_400);
    }
}
