//! How often what proves nothing new is answered: so many times a second in all, and so many to one.
//!
//! A request of nobody in particular, since anybody may ask, and may write another's address on the question: one is a
//! source. And a packet of a boot that is not the current one, since whoever saw it can send it again for ever: one is an
//! agent. So what goes out is bounded, and so is what is remembered: a table of fixed size, in which one that falls onto
//! another's place takes it. An IPv6 source is its /64, since whoever has one address of it has them all.

use std::net::IpAddr;

/// Answers a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// To all together.
    pub(super) to_all: u32,
    /// To one.
    pub(super) to_one: u32,
}

/// Of plain requests: some kilobytes to all, and some in a row to a client that checks its NAT.
pub(super) const PLAIN: Rate = Rate {
    to_all: 500,
    to_one: 5,
};

/// Of packets of a boot that is not the current one: an agent sends two within its first second, and after a database
/// was restored a hundred thousand agents are all such. Who is not answered asks by HTTP within seconds.
pub(super) const NOT_CURRENT: Rate = Rate {
    to_all: 5_000,
    to_one: 2,
};

/// Places for those who ask: 48 KiB.
const PLACES: usize = 4096;

#[derive(Debug, Clone, Copy, Default)]
struct Asker {
    trace: u32,
    second: u32,
    answers: u32,
}

/// The bound.
pub(super) struct Limiter {
    /// So that nobody can choose who shares a place.
    secret: u64,
    rate: Rate,
    second: u32,
    answers: u32,
    askers: Box<[Asker]>,
}

/// A source as one number.
pub(super) fn source(from: IpAddr) -> u64 {
    match from.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64 ^ (1 << 63),
    }
}

impl Limiter {
    pub(super) fn new(secret: u64, rate: Rate) -> Self {
        Self {
            secret: secret | 1,
            rate,
            second: 0,
            answers: 0,
            askers: vec![Asker::default(); PLACES].into_boxed_slice(),
        }
    }

    /// Whether this one (a [`source`], or an agent's id) is answered in this second; it is counted.
    pub(super) fn allows(&mut self, one: u64, second: u32) -> bool {
        if self.second != second {
            (self.second, self.answers) = (second, 0);
        }
        if self.answers >= self.rate.to_all {
            return false;
        }
        let (place, trace) = self.place_of(one);
        let Some(asker) = self.askers.get_mut(place) else {
            return false;
        };
        if asker.trace != trace || asker.second != second {
            *asker = Asker {
                trace,
                second,
                answers: 0,
            };
        }
        if asker.answers >= self.rate.to_one {
            return false;
        }
        asker.answers += 1;
        self.answers += 1;
        true
    }

    #[expect(clippy::cast_possible_truncation, reason = "these bits are what is wanted")]
    fn place_of(&self, bits: u64) -> (usize, u32) {
        // The upper half of a product depends on all bits of both.
        let product = u128::from(bits ^ self.secret.rotate_left(32)).wrapping_mul(u128::from(self.secret));
        let mixed = (product >> 64) as u64 ^ product as u64;
        let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 52) as usize % PLACES, mixed as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn v4(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(0xcb00_7100 + number).into()
    }

    fn answered(limiter: &mut Limiter, from: impl Fn(u32) -> IpAddr, count: u32, second: u32) -> usize {
        (0..count)
            .filter(|number| limiter.allows(source(from(*number)), second))
            .count()
    }

    #[test]
    fn one_source_is_answered_some_times_a_second_and_again_in_the_next() {
        let mut limiter = Limiter::new(7, PLAIN);
        assert_eq!(answered(&mut limiter, |_| v4(1), 100, 1), PLAIN.to_one as usize);
        assert_eq!(answered(&mut limiter, |_| v4(1), 100, 2), PLAIN.to_one as usize);
    }

    #[test]
    fn all_together_are_answered_so_often_a_second() {
        let mut limiter = Limiter::new(7, PLAIN);
        let many = PLAIN.to_all * 10;
        assert_eq!(answered(&mut limiter, v4, many, 1), PLAIN.to_all as usize);
        assert_eq!(answered(&mut limiter, v4, many, 2), PLAIN.to_all as usize);
    }

    #[test]
    fn an_ipv6_source_is_its_64() {
        let mut limiter = Limiter::new(7, PLAIN);
        let of_one = |number| Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) + u128::from(number)).into();
        assert_eq!(answered(&mut limiter, of_one, 100, 1), PLAIN.to_one as usize);
        let of_many =
            |number| Ipv6Addr::from_bits((0x2001_0db9_u128 << 96) + (u128::from(number) << 64)).into();
        assert_eq!(answered(&mut limiter, of_many, 100, 1), 100);
    }
}
