//! The addresses of an agent as they are kept for a whole fleet: most are IPv4, and of those two take half the room.

use alloc::boxed::Box;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::rulebook::Addresses;

/// Two addresses, either of which may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// Both are IPv4 where they are known.
    Four {
        /// Its own end of its connection to the server.
        own: Option<Ipv4Addr>,
        /// The address from which the server saw it.
        observed: Option<Ipv4Addr>,
    },
    /// At least one is not.
    Any(Box<Addresses>),
}

impl From<Addresses> for Whereabouts {
    fn from(addresses: Addresses) -> Self {
        match (four(addresses.own), four(addresses.observed)) {
            (Ok(own), Ok(observed)) => Self::Four { own, observed },
            _ => Self::Any(Box::new(addresses)),
        }
    }
}

impl From<&Whereabouts> for Addresses {
    fn from(kept: &Whereabouts) -> Self {
        match kept {
            Whereabouts::Four { own, observed } => Self {
                own: own.map(IpAddr::V4),
                observed: observed.map(IpAddr::V4),
            },
            Whereabouts::Any(addresses) => **addresses,
        }
    }
}

/// The IPv4 address, where there is one; an error where it is another kind.
const fn four(address: Option<IpAddr>) -> Result<Option<Ipv4Addr>, Ipv6Addr> {
    match address {
        None => Ok(None),
        Some(IpAddr::V4(four)) => Ok(Some(four)),
        Some(IpAddr::V6(six)) => Err(six),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_either_kind_come_back_as_they_were() {
        let known = [
            None,
            Some("192.0.2.1"),
            Some("::ffff:192.0.2.1"),
            Some("2001:db8::1"),
        ];
        let parsed = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        for own in known {
            for observed in known {
                let addresses = Addresses {
                    own: parsed(own),
                    observed: parsed(observed),
                };
                assert_eq!(Addresses::from(&Whereabouts::from(addresses)), addresses);
            }
        }
        assert!(size_of::<Whereabouts>() <= 16);
    }
}
