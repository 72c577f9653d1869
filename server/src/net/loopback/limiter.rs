//! How many requests of nobody in particular are answered: so many a second in all, and so many to one source.
//!
//! Anybody may ask, and may write another's address on the question. So what goes out is bounded, and so is what is
//! remembered: a table of fixed size, in which a source that falls onto another's place takes it. An IPv6 source is its
//! /64, since whoever has one address of it has them all.

use std::net::IpAddr;

/// Answers a second to all together: some kilobytes.
const TO_ALL: u32 = 500;

/// Answers a second to one source: a client that checks its NAT asks some times in a row.
const TO_ONE: u32 = 5;

/// Places for sources: 48 KiB.
const PLACES: usize = 4096;

#[derive(Debug, Clone, Copy, Default)]
struct Source {
    trace: u32,
    second: u32,
    answers: u32,
}

/// The bound.
pub(super) struct Limiter {
    /// So that nobody can choose sources that share a place.
    secret: u64,
    second: u32,
    answers: u32,
    sources: Box<[Source]>,
}

impl Limiter {
    pub(super) fn new(secret: u64) -> Self {
        Self {
            secret: secret | 1,
            second: 0,
            answers: 0,
            sources: vec![Source::default(); PLACES].into_boxed_slice(),
        }
    }

    /// Whether a request from there is answered in this second; it is counted.
    pub(super) fn allows(&mut self, from: IpAddr, second: u32) -> bool {
        if self.second != second {
            (self.second, self.answers) = (second, 0);
        }
        if self.answers >= TO_ALL {
            return false;
        }
        let (place, trace) = self.place_of(from);
        let Some(source) = self.sources.get_mut(place) else {
            return false;
        };
        if source.trace != trace || source.second != second {
            *source = Source {
                trace,
                second,
                answers: 0,
            };
        }
        if source.answers >= TO_ONE {
            return false;
        }
        source.answers += 1;
        self.answers += 1;
        true
    }

    #[expect(clippy::cast_possible_truncation, reason = "these bits are what is wanted")]
    fn place_of(&self, from: IpAddr) -> (usize, u32) {
        let bits = match from.to_canonical() {
            IpAddr::V4(ip) => u64::from(ip.to_bits()),
            IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64 ^ (1 << 63),
        };
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
            .filter(|number| limiter.allows(from(*number), second))
            .count()
    }

    #[test]
    fn one_source_is_answered_some_times_a_second_and_again_in_the_next() {
        let mut limiter = Limiter::new(7);
        assert_eq!(answered(&mut limiter, |_| v4(1), 100, 1), TO_ONE as usize);
        assert_eq!(answered(&mut limiter, |_| v4(1), 100, 2), TO_ONE as usize);
    }

    #[test]
    fn all_together_are_answered_so_often_a_second() {
        let mut limiter = Limiter::new(7);
        let many = TO_ALL * 10;
        assert_eq!(answered(&mut limiter, v4, many, 1), TO_ALL as usize);
        assert_eq!(answered(&mut limiter, v4, many, 2), TO_ALL as usize);
    }

    #[test]
    fn an_ipv6_source_is_its_64() {
        let mut limiter = Limiter::new(7);
        let of_one = |number| Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) + u128::from(number)).into();
        assert_eq!(answered(&mut limiter, of_one, 100, 1), TO_ONE as usize);
        let of_many =
            |number| Ipv6Addr::from_bits((0x2001_0db9_u128 << 96) + (u128::from(number) << 64)).into();
        assert_eq!(answered(&mut limiter, of_many, 100, 1), 100);
    }
}
