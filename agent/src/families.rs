//! Which of the server's addresses to try, in which order: the order of RFC 8305, without I/O.
//!
//! A machine with IPv4 alone talks to servers with IPv4 or both, one with IPv6 alone to servers with IPv6 or both,
//! one with both to all. Where the two have no family in common, nobody needs to wait for a time-out to say so.

use core::fmt::{self, Display, Formatter};
use core::net::{IpAddr, SocketAddr};

/// More addresses than one name usefully has. Each takes a quarter of a second before the next is tried.
pub const MOST_TRIED: usize = 12;

/// So many addresses are named in an error; a machine with containers has dozens.
const MOST_NAMED: usize = 3;

/// A kind of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

impl Family {
    /// The kind of this address; an IPv4 address that is mapped into IPv6 is one of IPv4.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

impl Display for Family {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// This machine and the server have no kind of addresses in common.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine has only {} addresses ({}), and {host} has only {server_has} ({}): the two cannot meet. Give this \
     machine an {server_has} address, or the server an {} address{}",
    server_has.other(), Named(machine), Named(server), server_has.other(),
    if *is_literal { ", and name that or a host name as the server" } else { " under that name" }
)]
pub struct Impossible {
    host: String,
    is_literal: bool,
    server_has: Family,
    machine: Vec<IpAddr>,
    server: Vec<IpAddr>,
}

struct Named<'a>(&'a [IpAddr]);

impl Display for Named<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (at, address) in self.0.iter().take(MOST_NAMED).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(out, "{comma}{address}")?;
        }
        match self.0.len().saturating_sub(MOST_NAMED) {
            0 => Ok(()),
            more => write!(out, " and {more} more"),
        }
    }
}

/// The addresses to try, best first: the one that `worked` last, then the families in turns, beginning with that of
/// the first, which the resolver put there (RFC 6724). At most [`MOST_TRIED`].
///
/// `machine` are this machine's addresses; loopback and link-local ones count for nothing. `server` are those of
/// `host`, in the resolver's order. A machine without any address may be given one any moment: it tries them all.
///
/// # Errors
/// Where no address of the server is of a family that this machine has.
pub fn plan(
    host: &str,
    machine: &[IpAddr],
    server: &[SocketAddr],
    worked: Option<SocketAddr>,
) -> Result<Vec<SocketAddr>, Impossible> {
    let machine: Vec<IpAddr> = machine
        .iter()
        .map(IpAddr::to_canonical)
        .filter(|address| !stays_near(*address))
        .collect();
    let has = |family| machine.iter().any(|address| Family::of(*address) == family);
    let meets = |peer: &SocketAddr| machine.is_empty() || stays_near(peer.ip()) || has(Family::of(peer.ip()));
    let mut usable: Vec<SocketAddr> = Vec::new();
    for peer in server.iter().filter(|peer| meets(peer)) {
        if !usable.contains(peer) {
            usable.push(*peer);
        }
    }
    let Some(first) = usable.first().copied() else {
        return match server.first() {
            None => Ok(Vec::new()),
            Some(peer) => Err(Impossible {
                host: host.to_owned(),
                is_literal: host.parse::<IpAddr>().is_ok(),
                server_has: Family::of(peer.ip()),
                server: server.iter().map(|peer| peer.ip().to_canonical()).collect(),
                machine,
            }),
        };
    };
    let first = worked.filter(|peer| usable.contains(peer)).unwrap_or(first);
    let family = Family::of(first.ip());
    let (same, other): (Vec<_>, Vec<_>) = usable
        .into_iter()
        .filter(|peer| *peer != first)
        .partition(|peer| Family::of(peer.ip()) == family);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut order = vec![first];
    while order.len() < MOST_TRIED {
        let pair = [other.next(), same.next()];
        if pair == [None, None] {
            break;
        }
        order.extend(pair.into_iter().flatten());
    }
    order.truncate(MOST_TRIED);
    Ok(order)
}

/// Whether an address is of use on this machine or its cable alone.
const fn stays_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: &[&str] = &["192.0.2.7"];
    const V6: &[&str] = &["2001:db8::7"];
    const BOTH: &[&str] = &["192.0.2.7", "2001:db8::7"];

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn peers(texts: &[&str]) -> Vec<SocketAddr> {
        ips(texts)
            .into_iter()
            .map(|ip| SocketAddr::new(ip, 443))
            .collect()
    }

    fn planned(
        machine: &[&str],
        server: &[&str],
        worked: Option<&str>,
    ) -> Result<Vec<SocketAddr>, Impossible> {
        let worked = worked.map(|text| peers(&[text])[0]);
        plan("roll.example", &ips(machine), &peers(server), worked)
    }

    #[test]
    fn every_combination_of_families_meets_but_the_two_that_have_none_in_common() {
        let (four, six) = ("198.51.100.1", "2001:db8:1::1");
        for (machine, server, tried) in [
            (V4, &[four][..], Some(&[four][..])),
            (V4, &[six, four], Some(&[four])),
            (V4, &[six], None),
            (V6, &[four], None),
            (V6, &[four, six], Some(&[six])),
            (V6, &[six], Some(&[six])),
            (BOTH, &[four], Some(&[four])),
            (BOTH, &[six], Some(&[six])),
            (BOTH, &[six, four], Some(&[six, four])),
            (&[], &[six], Some(&[six])),
            (&["127.0.0.1", "::1", "fe80::1"], &[six], Some(&[six])),
            (V4, &["::1"], Some(&["::1"])),
            (V6, &["127.0.0.1"], Some(&["127.0.0.1"])),
            (V4, &["::ffff:198.51.100.1"], Some(&["::ffff:198.51.100.1"])),
            (V6, &["::ffff:198.51.100.1"], None),
            (V4, &[], Some(&[])),
        ] {
            assert_eq!(
                planned(machine, server, None).ok(),
                tried.map(peers),
                "{machine:?} to {server:?}"
            );
        }
    }

    #[test]
    fn an_impossible_combination_says_what_each_side_has_and_what_to_do() {
        let error = planned(V4, &["2001:db8:1::1"], None).unwrap_err().to_string();
        assert_eq!(
            error,
            "this machine has only IPv4 addresses (192.0.2.7), and roll.example has only IPv6 (2001:db8:1::1): the \
             two cannot meet. Give this machine an IPv6 address, or the server an IPv4 address under that name"
        );
        let many = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"];
        let server = peers(&["198.51.100.1"]);
        let error = plan("198.51.100.1", &ips(&many), &server, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this machine has only IPv6 addresses (2001:db8::1, 2001:db8::2, 2001:db8::3 and 1 more), and \
             198.51.100.1 has only IPv4 (198.51.100.1): the two cannot meet. Give this machine an IPv4 address, or \
             the server an IPv6 address, and name that or a host name as the server"
        );
    }

    #[test]
    fn families_take_turns_and_what_worked_comes_first() {
        let server = [
            "2001:db8::a",
            "2001:db8::b",
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.3",
        ];
        let order = [
            "2001:db8::a",
            "192.0.2.1",
            "2001:db8::b",
            "192.0.2.2",
            "192.0.2.3",
        ];
        assert_eq!(planned(BOTH, &server, None).unwrap(), peers(&order));
        let order = [
            "192.0.2.2",
            "2001:db8::a",
            "192.0.2.1",
            "2001:db8::b",
            "192.0.2.3",
        ];
        assert_eq!(planned(BOTH, &server, Some("192.0.2.2")).unwrap(), peers(&order));
        // What the name has no more is not gone back to.
        assert_eq!(planned(BOTH, &V4[..1], Some("192.0.2.9")).unwrap(), peers(V4));
    }

    proptest! {
        #[test]
        fn no_address_is_made_up_tried_twice_or_too_late(
            machine: Vec<IpAddr>,
            server: Vec<SocketAddr>,
            worked: Option<SocketAddr>,
        ) {
            if let Ok(order) = plan("a", &machine, &server, worked) {
                prop_assert!(order.len() <= MOST_TRIED);
                for (at, peer) in order.iter().enumerate() {
                    prop_assert!(server.contains(peer) && !order[..at].contains(peer));
                }
            }
        }
    }
}
