//! Who connects: the server, as far as the agent can know before a word was said, or anyone else.
//!
//! The server comes from where the agent's own calls go, or from elsewhere: behind a proxy, or by the other family.
//! From where an order under its key once came, it is known too. So a stranger can share the server's portion only
//! from an address of the server's own.

use core::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Weak};

/// How many addresses are remembered from which the server proved itself: as many as a server with a standby has, in
/// two families.
const MOST_PROVED: usize = 4;

/// Connections at a time from each address of the server: it verifies, and has news meanwhile.
const MOST_OF_SERVER: usize = 2;

/// Connections at a time from all others together, one from each source. So nobody alone keeps out a server that is
/// not known yet where it comes from.
const MOST_OF_OTHERS: usize = 8;

/// How many conversations there can be at all.
pub(super) const MOST: usize = (MOST_PROVED + 1) * MOST_OF_SERVER + MOST_OF_OTHERS;

/// Where the server comes from, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Servers {
    /// Where the agent's own calls go.
    called: Option<IpAddr>,
    /// Whence it proved itself, the newest first.
    proved: [Option<IpAddr>; MOST_PROVED],
}

impl Servers {
    /// The agent's own calls go there.
    pub(super) const fn call(&mut self, called: Option<IpAddr>) {
        self.called = called;
    }

    /// An order under the server's key came from there. Of more than it remembers it forgets the one that has been
    /// silent for longest.
    pub(super) fn prove(&mut self, from: IpAddr) {
        let at = self.proved.iter().position(|one| *one == Some(from));
        let through = at.unwrap_or(MOST_PROVED - 1);
        self.proved[..=through].rotate_right(1);
        self.proved[0] = Some(from);
    }

    /// Whose place and proofs one who connects from there takes.
    pub(super) fn source(&self, from: IpAddr) -> Source {
        if self.called == Some(from) || self.proved.contains(&Some(from)) {
            return Source::Server(from);
        }
        Source::Other(match from {
            IpAddr::V4(_) => from,
            // Who has one address of such a network has them all.
            IpAddr::V6(from) => IpAddr::V6(Ipv6Addr::from_bits(from.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Most likely the server, from that address.
    Server(IpAddr),
    /// Anyone, from that address of IPv4 or /64 of IPv6.
    Other(IpAddr),
}

/// The connections that there are.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: Vec<(Source, Weak<()>)>,
}

/// One of them; dropped, it is free again.
#[derive(Debug)]
#[must_use]
pub(super) struct Place {
    _taken: Arc<()>,
}

impl Places {
    /// Takes one, where there is one left for that source.
    pub(super) fn take(&mut self, source: Source) -> Option<Place> {
        self.taken.retain(|(_, place)| place.strong_count() > 0);
        let count = |is_of_it: &dyn Fn(&Source) -> bool| {
            let sources = self.taken.iter().map(|(source, _)| source);
            sources.filter(|source| is_of_it(source)).count()
        };
        let of_it = count(&|taken| *taken == source);
        let is_left = match source {
            Source::Server(_) => of_it < MOST_OF_SERVER,
            Source::Other(_) => {
                of_it == 0 && count(&|taken| matches!(taken, Source::Other(_))) < MOST_OF_OTHERS
            }
        };
        is_left.then(|| {
            let taken = Arc::new(());
            self.taken.push((source, Arc::downgrade(&taken)));
            Place { _taken: taken }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn the_server_is_where_calls_go_and_whence_it_last_proved_itself() {
        let mut servers = Servers::default();
        servers.call(Some(v4(1)));
        for last in [2, 3, 4, 5, 2, 6] {
            assert_eq!(servers.source(v4(6)), Source::Other(v4(6)));
            servers.prove(v4(last));
            assert_eq!(servers.source(v4(last)), Source::Server(v4(last)));
        }
        for (last, is_known) in [(1, true), (2, true), (3, false), (4, true), (5, true), (6, true)] {
            let is_server = servers.source(v4(last)) == Source::Server(v4(last));
            assert_eq!(is_server, is_known, "{last}");
        }
    }

    #[test]
    fn one_stranger_has_one_place_whatever_addresses_of_its_network_it_takes() {
        let (mut places, servers) = (Places::default(), Servers::default());
        let _held = places
            .take(servers.source("2001:db8::1".parse().unwrap()))
            .unwrap();
        for (from, is_left) in [("2001:db8::ffff:1", false), ("2001:db8:0:1::1", true)] {
            let place = places.take(servers.source(from.parse().unwrap()));
            assert_eq!(place.is_some(), is_left, "{from}");
        }
    }

    #[test]
    fn all_strangers_together_keep_out_no_address_of_the_servers() {
        let (mut places, mut servers) = (Places::default(), Servers::default());
        servers.call(Some(v4(1)));
        servers.prove(v4(2));
        let mut held: Vec<Place> = (3..=255)
            .filter_map(|last| places.take(servers.source(v4(last))))
            .collect();
        assert_eq!(held.len(), MOST_OF_OTHERS);
        for last in [1, 2] {
            let of_server: Vec<Place> = (0..5)
                .filter_map(|_| places.take(servers.source(v4(last))))
                .collect();
            assert_eq!(of_server.len(), MOST_OF_SERVER);
        }
        drop(held.pop());
        assert!(
            places.take(servers.source(v4(200))).is_some(),
            "one is free again"
        );
    }
}
