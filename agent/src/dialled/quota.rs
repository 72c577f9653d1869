//! How many proofs are given: a proof costs two hashes and a sequence, and anyone can ask for one.

use super::callers::Source;

/// Proofs at once and a minute, to the server and to all others: far more than a server needs, which verifies at most
/// once a minute, and far less than would be felt.
const MOST: u32 = 20;

/// To each of the others: so that nobody alone uses up what a server needs whose address is not known yet.
const MOST_OF_ONE: u32 = 4;

/// What strangers cannot use up of what the server needs.
#[derive(Debug, Default)]
pub(super) struct Quota {
    server: Bucket<MOST>,
    others: Bucket<MOST>,
    /// Of each of the others that had one lately: no more of them than `others` has in a minute.
    each: Vec<(Source, Bucket<MOST_OF_ONE>)>,
}

/// `A_MINUTE` at once and a minute.
#[derive(Debug, Default)]
struct Bucket<const A_MINUTE: u32> {
    spent: u32,
    since_ms: u64,
}

impl Quota {
    /// Takes one at `now_ms`, where there is one left for that source.
    pub(super) fn take(&mut self, source: Source, now_ms: u64) -> bool {
        if matches!(source, Source::Server(_)) {
            return self.server.take(now_ms);
        }
        self.each.retain_mut(|(_, bucket)| {
            bucket.refill(now_ms);
            bucket.spent > 0
        });
        let known = self.each.iter_mut().find(|(one, _)| *one == source);
        if known.as_ref().is_some_and(|(_, bucket)| !bucket.is_left()) || !self.others.take(now_ms) {
            return false;
        }
        if let Some((_, bucket)) = known {
            bucket.take(now_ms)
        } else {
            let mut bucket = Bucket::default();
            let is_taken = bucket.take(now_ms);
            self.each.push((source, bucket));
            is_taken
        }
    }
}

impl<const A_MINUTE: u32> Bucket<A_MINUTE> {
    /// Within which a proof comes back.
    const EVERY_MS: u64 = 60_000 / A_MINUTE as u64;

    fn refill(&mut self, now_ms: u64) {
        let back = now_ms.saturating_sub(self.since_ms) / Self::EVERY_MS;
        self.since_ms = self.since_ms.saturating_add(back.saturating_mul(Self::EVERY_MS));
        self.spent = self.spent.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX));
    }

    const fn is_left(&self) -> bool {
        self.spent < A_MINUTE
    }

    fn take(&mut self, now_ms: u64) -> bool {
        self.refill(now_ms);
        let is_left = self.is_left();
        if is_left {
            if self.spent == 0 {
                self.since_ms = now_ms;
            }
            self.spent += 1;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use super::*;

    fn other(number: u32) -> Source {
        Source::Other(Ipv4Addr::from_bits(number).into())
    }

    const SERVER: Source = Source::Server(core::net::IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// How many are given in each of these spans of seconds, of a hundred asked for a second.
    fn given<const N: usize>(spans: [(u64, u64); N], source: impl Fn(u64) -> Source) -> [usize; N] {
        let mut quota = Quota::default();
        spans.map(|(from_s, to_s)| {
            (from_s * 100..to_s * 100)
                .filter(|hundredth| quota.take(source(*hundredth), 1_000_000 + hundredth * 10))
                .count()
        })
    }

    #[test]
    fn strangers_together_get_twenty_at_once_and_then_twenty_a_minute() {
        let many = |hundredth: u64| other(u32::try_from(hundredth).unwrap());
        assert_eq!(given([(0, 1), (1, 60), (60, 660)], many), [20, 19, 200]);
    }

    #[test]
    fn one_stranger_gets_four_at_once_and_then_four_a_minute() {
        assert_eq!(given([(0, 1), (1, 60), (60, 660)], |_| other(1)), [4, 3, 40]);
    }

    #[test]
    fn one_stranger_uses_up_nothing_of_a_server_that_is_not_known_yet() {
        let mut quota = Quota::default();
        for second in 0..600 {
            while quota.take(other(1), second * 1_000) {}
            assert!(
                second % 60 != 0 || quota.take(other(2), second * 1_000),
                "{second}"
            );
        }
    }

    #[test]
    fn strangers_use_up_nothing_of_the_servers() {
        let mut quota = Quota::default();
        for number in 0..1_000 {
            while quota.take(other(number), 7) {}
        }
        assert!(quota.take(SERVER, 7));
    }

    #[test]
    fn no_number_of_strangers_takes_more_memory() {
        let mut quota = Quota::default();
        for number in 0..100_000 {
            quota.take(other(number), u64::from(number) * 10);
            assert!(quota.each.len() <= 40, "{}", quota.each.len());
        }
    }
}
