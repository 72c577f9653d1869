//! How often a sign-in may be wrong: from an address, and at a name from wherever.
//!
//! Counted in advance and taken back on success, since a password takes so long to judge that a thousand guesses
//! sent at once would all begin before the first has failed.
//!
//! The limit on names has a price: who knows a name can keep its owner from signing in for as long as they go
//! on guessing. Sessions that are open stay open, and guessing on is seen in the log.

use std::net::IpAddr;
use std::time::Duration;

use crate::api::answer::Refusal;
use crate::api::limits::{Caller, Guesses};

/// Wrong sign-ins that an address may have at once: a person with several passwords in mind, or a few people
/// behind one gateway on a Monday.
const ADDRESS_BURST: u32 = 10;
/// One more from an address each minute: slower than at a name, so that no single address can keep a name shut.
const ADDRESS_EVERY: Duration = Duration::from_mins(1);

/// Wrong sign-ins at a name, from all addresses together.
const NAME_BURST: u32 = 20;
/// One more at a name each 30 seconds: 2880 a day, against 15 characters and more.
const NAME_EVERY: Duration = Duration::from_secs(30);

/// The sign-ins that were wrong lately. `now` is the monotonic clock's.
#[derive(Debug)]
pub(super) struct Guessing {
    by_address: Guesses,
    at_name: Guesses,
}

/// A sign-in that counts as wrong until it is taken back.
#[must_use]
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    address: Caller,
    name: Caller,
}

impl Guessing {
    pub(super) fn new() -> Self {
        Self {
            by_address: Guesses::new(ADDRESS_BURST, ADDRESS_EVERY),
            at_name: Guesses::new(NAME_BURST, NAME_EVERY),
        }
    }

    /// Counts an attempt as wrong.
    ///
    /// # Errors
    /// 429 where there were too many already; this one then does not count.
    pub(super) fn begin(&self, address: IpAddr, name: &str, now: Duration) -> Result<Attempt, Refusal> {
        let attempt = Attempt {
            address: address.into(),
            name: Caller::name(name),
        };
        self.by_address.check(attempt.address, now)?;
        self.at_name.check(attempt.name, now)?;
        // Walking over all who are remembered is little beside the hash that follows.
        self.by_address.forget(now);
        self.at_name.forget(now);
        self.by_address.punish(attempt.address, now);
        self.at_name.punish(attempt.name, now);
        Ok(attempt)
    }

    /// Takes an attempt back: it was right, or it was never judged.
    pub(super) fn forgive(&self, attempt: Attempt) {
        self.by_address.forgive(attempt.address);
        self.at_name.forgive(attempt.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1000);

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    /// Wrong sign-ins until the first that is refused.
    fn allowed(guessing: &Guessing, from: impl Fn(u8) -> (IpAddr, String), now: Duration) -> u8 {
        (0..=u8::MAX)
            .find(|number| {
                let (address, name) = from(*number);
                guessing.begin(address, &name, now).is_err()
            })
            .unwrap_or(u8::MAX)
    }

    #[test]
    fn an_address_that_tries_many_names_is_stopped_and_others_are_not() {
        let guessing = Guessing::new();
        assert_eq!(
            allowed(&guessing, |number| (address(1), format!("name {number}")), START),
            10
        );
        assert!(guessing.begin(address(2), "name 11", START).is_ok());
        assert_eq!(
            allowed(
                &guessing,
                |number| (address(1), format!("late {number}")),
                START + ADDRESS_EVERY
            ),
            1
        );
    }

    #[test]
    fn a_name_that_many_addresses_try_is_closed_and_others_are_not() {
        let guessing = Guessing::new();
        assert_eq!(
            allowed(&guessing, |number| (address(number), "Ada".to_owned()), START),
            20
        );
        assert!(
            guessing.begin(address(200), "aDA", START).is_err(),
            "whatever its letters' case"
        );
        assert!(guessing.begin(address(200), "bob", START).is_ok());
        assert!(guessing.begin(address(200), "ada", START + NAME_EVERY).is_ok());
    }

    #[test]
    fn what_was_right_does_not_count() {
        let guessing = Guessing::new();
        for _ in 0..1000 {
            let attempt = guessing.begin(address(1), "ada", START).unwrap();
            guessing.forgive(attempt);
        }
    }
}
