//! Which rules an agent lives by: the versions of the settings, as presence needs them (rules 3, 5 and 14).
//!
//! A rulebook does not change; a save makes a new one ([`Rulebook::with`]), which every owner then adopts. What
//! it decides for an agent follows from the agent's addresses and from the version since which it knows the
//! rules.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use rollcall_shared::range::Network;
use rollcall_shared::settings::Days;
use rollcall_shared::{AddressRange, LeaseKind, Minutes, Reachability, Settings};

use crate::lease::Lease;

/// How many versions are kept whole. Of older ones only the longest lease is known, which then holds for who did
/// not apply anything newer: longer than it had to be, never shorter.
const KEPT: usize = 64;

/// Where an agent is, as far as rule 14 asks: in plain form, IPv4-mapped IPv6 as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Addresses {
    /// Its own end of its connection to the server, as it reports it.
    pub own: Option<IpAddr>,
    /// The address from which the server saw it.
    pub observed: Option<IpAddr>,
}

impl Addresses {
    fn each(self) -> impl Iterator<Item = IpAddr> {
        [self.own, self.observed]
            .into_iter()
            .flatten()
            .map(|address| address.to_canonical())
    }

    fn reachability(self, network: &Network) -> Reachability {
        if self.each().any(|address| network.contains(address)) {
            Reachability::Unreachable
        } else {
            Reachability::Reachable
        }
    }
}

/// What the rules say of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Its lease: the longest among the version that it applied and all since (rule 5).
    pub lease: Lease,
    /// Whether it is in the unreachable network by the newest version: what its status says.
    pub reachability: Reachability,
    /// The same by the version that it applied: how news reaches it.
    pub delivery: Reachability,
    /// What keeps it online by the version that it applied: what it does, whatever the newest one says. Where that
    /// version is no longer kept, by the oldest that is.
    pub lives_by: LeaseKind,
    /// How often the contact comes by that version that does.
    pub lives_by_every: Minutes,
    /// What keeps it online by the newest version.
    pub newest: LeaseKind,
}

/// One version of the settings.
#[derive(Debug)]
struct Version {
    number: u32,
    network: Arc<Network>,
    reachable: Lease,
    unreachable: Lease,
}

impl Version {
    const fn lease(&self, reachability: Reachability) -> Lease {
        match reachability {
            Reachability::Reachable => self.reachable,
            Reachability::Unreachable => self.unreachable,
        }
    }
}

/// The versions of the settings, oldest first; at least one.
#[derive(Debug, Clone)]
pub struct Rulebook {
    minute: Duration,
    /// The longest lease of the versions that are no longer kept.
    forgotten: Option<Lease>,
    before: Vec<Arc<Version>>,
    newest: Arc<Version>,
    inactive_after: Days,
}

impl Rulebook {
    /// A rulebook of one version, where a minute lasts `minute`.
    #[must_use]
    pub fn new(number: u32, settings: &Settings, minute: Duration) -> Self {
        Self {
            minute,
            forgotten: None,
            before: Vec::new(),
            newest: Arc::new(version(number, settings, None)),
            inactive_after: settings.inactive_after_days,
        }
    }

    /// This rulebook with the next version.
    #[must_use]
    pub fn with(&self, number: u32, settings: &Settings) -> Self {
        let mut before = self.before.clone();
        before.push(Arc::clone(&self.newest));
        let mut forgotten = self.forgotten;
        if before.len() >= KEPT {
            let oldest = before.remove(0);
            let longest = oldest.reachable.or_longer(oldest.unreachable);
            forgotten = Some(forgotten.map_or(longest, |known| known.or_longer(longest)));
        }
        Self {
            minute: self.minute,
            forgotten,
            before,
            newest: Arc::new(version(number, settings, Some(&self.newest.network))),
            inactive_after: settings.inactive_after_days,
        }
    }

    /// How long a minute of the settings lasts.
    #[must_use]
    pub const fn minute(&self) -> Duration {
        self.minute
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.newest.number
    }

    /// After how many days offline an agent leaves the roll call.
    #[must_use]
    pub const fn inactive_after(&self) -> Days {
        self.inactive_after
    }

    /// What the rules say of an agent at these addresses that knows the versions up to `since`.
    ///
    /// Where it is not known what it knows (0), it may be any of them; news reaches it as by the newest.
    /// A version that is newer than the newest (a database that was restored) may say anything: then the longest
    /// lease of all that are known holds.
    #[must_use]
    pub fn judge(&self, addresses: Addresses, since: u32) -> Verdict {
        let reachability = addresses.reachability(&self.newest.network);
        let mut lease = self.newest.lease(reachability);
        let mut delivery = reachability;
        let mut lives_by = lease;
        let unknown = since > self.newest.number;
        if since != self.newest.number {
            // From the newest back to the one that it applied; the oldest looked at is that one.
            for version in self.before.iter().rev() {
                if !unknown && version.number < since {
                    break;
                }
                let then = self.membership_by(version, addresses, reachability);
                let held = version.lease(then);
                lease = held.or_longer(lease);
                if !unknown && since != 0 {
                    delivery = then;
                    lives_by = held;
                }
            }
            let oldest = self.before.first().unwrap_or(&self.newest).number;
            if let Some(forgotten) = self.forgotten
                && (unknown || since < oldest)
            {
                lease = forgotten.or_longer(lease);
            }
        }
        Verdict {
            lease,
            reachability,
            delivery,
            lives_by: lives_by.kind,
            lives_by_every: lives_by.contact_every,
            newest: self.newest.lease(reachability).kind,
        }
    }

    /// Versions that changed no range share their network: then the answer is known.
    fn membership_by(&self, version: &Version, addresses: Addresses, newest: Reachability) -> Reachability {
        if Arc::ptr_eq(&version.network, &self.newest.network) {
            newest
        } else {
            addresses.reachability(&version.network)
        }
    }

    /// The address and the range by which an agent is in the unreachable network now.
    #[must_use]
    pub fn matching(&self, addresses: Addresses) -> Option<(IpAddr, AddressRange)> {
        addresses
            .each()
            .find_map(|address| Some((address, self.newest.network.matching(address)?)))
    }
}

fn version(number: u32, settings: &Settings, before: Option<&Arc<Network>>) -> Version {
    let network = Network::new(&settings.unreachable_network);
    Version {
        number,
        network: match before {
            Some(before) if **before == network => Arc::clone(before),
            _ => Arc::new(network),
        },
        reachable: Lease::new(&settings.duties(Reachability::Reachable), number),
        unreachable: Lease::new(&settings.duties(Reachability::Unreachable), number),
    }
}

#[cfg(test)]
mod tests;
