//! How often somebody may guess wrong.
//!
//! Only failures cost, so ten thousand healthy agents behind one NAT never meet this, and one that guesses does
//! soon. IPv6 is counted by its /64, which is what one subscriber has. The rule is GCRA, the leaky bucket that
//! remembers one time a caller; `now` is the monotonic clock's, passed in.
//!
//! Where judging a guess is slow (a password's hash), [`Guesses::punish`] first and [`Guesses::forgive`] after
//! success: otherwise a thousand guesses at once all pass before the first has failed.

use std::net::IpAddr;
use std::time::Duration;

use papaya::HashMap;

use super::answer::Refusal;
use crate::auth::secret::hash_of;

/// The most callers remembered apart. Beyond them newcomers share one allowance, so that an attack from
/// everywhere costs bounded memory (some 5 MB) and still meets a limit.
const MOST_CALLERS: usize = 100_000;

/// Who guesses, or whom the guesses are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// An IPv4 address.
    V4(u32),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
    /// The name that is guessed at, from wherever: the first 64 bits of its hash.
    Name(u64),
    /// All those for whom there was no room.
    Crowd,
}

/// Remembers who guessed wrong.
#[derive(Debug)]
pub struct Guesses {
    burst: u32,
    every: Duration,
    most: usize,
    /// When each caller's debt will be paid, by the monotonic clock.
    paid_at: HashMap<Caller, Duration>,
}

impl Guesses {
    /// Allows so many failures at once, and one more each `every`.
    #[must_use]
    pub fn new(burst: u32, every: Duration) -> Self {
        Self {
            burst: burst.max(1),
            every,
            most: MOST_CALLERS,
            paid_at: HashMap::new(),
        }
    }

    /// Whether somebody may guess now. Costs nothing.
    ///
    /// # Errors
    /// 429 with the time to wait, where there were too many failures.
    pub fn check(&self, caller: impl Into<Caller>, now: Duration) -> Result<(), Refusal> {
        let paid_at = self.paid_at.pin();
        let debt = |caller: &Caller| {
            paid_at
                .get(caller)
                .map_or(Duration::ZERO, |at| at.saturating_sub(now))
        };
        let caller = caller.into();
        let debt = if paid_at.len() >= self.most && !paid_at.contains_key(&caller) {
            debt(&Caller::Crowd)
        } else {
            debt(&caller)
        };
        let wait = debt.saturating_sub(self.every * (self.burst - 1));
        if wait.is_zero() {
            return Ok(());
        }
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Err(Refusal::slow_down(u32::try_from(seconds).unwrap_or(u32::MAX)))
    }

    /// Counts a failure.
    pub fn punish(&self, caller: impl Into<Caller>, now: Duration) {
        let paid_at = self.paid_at.pin();
        let mut caller = caller.into();
        if paid_at.len() >= self.most && !paid_at.contains_key(&caller) {
            caller = Caller::Crowd;
        }
        // Failures beyond the allowance, as from guesses sent at once, do not add up to a longer wait.
        let most = now + self.every * self.burst;
        paid_at.update_or_insert_with(
            caller,
            |at| ((*at).max(now) + self.every).min(most),
            || now + self.every,
        );
    }

    /// Takes a failure back that was counted in advance.
    pub fn forgive(&self, caller: impl Into<Caller>) {
        let paid_at = self.paid_at.pin();
        paid_at.update(caller.into(), |at| at.saturating_sub(self.every));
    }

    /// Forgets those who owe nothing any more. To be called every minute or so.
    pub fn forget(&self, now: Duration) {
        self.paid_at.pin().retain(|_, at| *at > now);
    }
}

impl Caller {
    /// The name that is guessed at, however its letters are cased.
    #[must_use]
    pub fn name(name: &str) -> Self {
        let hash = hash_of(&name.to_uppercase().to_lowercase());
        Self::Name(u64::from_be_bytes(
            hash.first_chunk().copied().unwrap_or_default(),
        ))
    }
}

impl From<IpAddr> for Caller {
    fn from(peer: IpAddr) -> Self {
        match peer.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip.to_bits()),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Self::V6(
                    [a, b, c, d]
                        .iter()
                        .fold(0, |bits, part| bits << 16 | u64::from(*part)),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is_refused(guesses: &Guesses, peer: &str, now: Duration) -> bool {
        guesses.check(ip(peer), now).is_err()
    }

    #[test]
    fn only_failures_cost() {
        let guesses = Guesses::new(3, SECOND);
        for _ in 0..10_000 {
            assert!(!is_refused(&guesses, "192.0.2.1", SECOND));
        }
        for _ in 0..3 {
            assert!(!is_refused(&guesses, "192.0.2.1", SECOND));
            guesses.punish(ip("192.0.2.1"), SECOND);
        }
        assert!(is_refused(&guesses, "192.0.2.1", SECOND));
        assert!(!is_refused(&guesses, "192.0.2.2", SECOND));
    }

    #[test]
    fn time_gives_one_guess_back_after_another() {
        let guesses = Guesses::new(2, 10 * SECOND);
        let start = 100 * SECOND;
        // Many at once, all judged before the first failed: the wait is no longer for it.
        for _ in 0..50 {
            guesses.punish(ip("192.0.2.1"), start);
        }
        assert!(is_refused(&guesses, "192.0.2.1", start + 9 * SECOND));
        assert!(!is_refused(&guesses, "192.0.2.1", start + 10 * SECOND));
        guesses.punish(ip("192.0.2.1"), start + 10 * SECOND);
        assert!(is_refused(&guesses, "192.0.2.1", start + 10 * SECOND));
    }

    #[test]
    fn a_success_takes_back_what_was_counted_in_advance() {
        let guesses = Guesses::new(1, SECOND);
        guesses.punish(ip("192.0.2.1"), SECOND);
        assert!(is_refused(&guesses, "192.0.2.1", SECOND));
        guesses.forgive(ip("192.0.2.1"));
        assert!(!is_refused(&guesses, "192.0.2.1", SECOND));
    }

    #[test]
    fn a_subscriber_s_whole_ipv6_network_is_one_caller() {
        let guesses = Guesses::new(1, SECOND);
        guesses.punish(ip("2001:db8:1:2::1"), SECOND);
        assert!(is_refused(&guesses, "2001:db8:1:2:ffff::9", SECOND));
        assert!(!is_refused(&guesses, "2001:db8:1:3::1", SECOND));
        guesses.punish(ip("::ffff:192.0.2.1"), SECOND);
        assert!(is_refused(&guesses, "192.0.2.1", SECOND));
    }

    #[test]
    fn the_refusal_says_when_to_come_again() {
        use axum::response::IntoResponse as _;
        let guesses = Guesses::new(1, Duration::from_millis(2500));
        guesses.punish(ip("192.0.2.1"), SECOND);
        let response = guesses
            .check(ip("192.0.2.1"), SECOND)
            .unwrap_err()
            .into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "3");
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let mut guesses = Guesses::new(1, SECOND);
        guesses.most = 100;
        for number in 0..10_000_u32 {
            guesses.punish(IpAddr::from(number.to_be_bytes()), SECOND);
        }
        assert_eq!(guesses.paid_at.pin().len(), 101);
        // Newcomers share what is left; those who are known keep their own.
        assert!(is_refused(&guesses, "203.0.113.1", SECOND));
        guesses.forget(3 * SECOND);
        assert_eq!(guesses.paid_at.pin().len(), 0);
        assert!(!is_refused(&guesses, "203.0.113.1", SECOND));
    }
}
