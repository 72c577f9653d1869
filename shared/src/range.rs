//! Ranges of addresses, as admins write them: `10.0.0.0/8`, `192.168.1.10-192.168.1.20`, `10.1.2.3`,
//! `2001:db8::/32`.
//!
//! IPv4 by first and last address, by prefix or one by one; IPv6 by prefix and length, or one by one. An
//! IPv4-mapped IPv6 address is taken as IPv4 (rule 14).

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A range of addresses of one family: from its first to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressRange {
    /// IPv4, `first <= last`.
    V4 {
        /// The first of it.
        first: Ipv4Addr,
        /// The last of it.
        last: Ipv4Addr,
    },
    /// IPv6.
    V6 {
        /// The first address of the prefix.
        network: Ipv6Addr,
        /// How many bits of it are fixed, 0 to 128.
        length: u8,
    },
}

/// A text that is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARange {
    /// Not one of the forms.
    #[error("{0:?} is no range: write 10.0.0.0/8, 192.168.1.10-192.168.1.20, 10.1.2.3 or 2001:db8::/32")]
    Unreadable(String),
    /// A prefix whose address has bits beyond its length.
    #[error("{given} has bits set beyond its length; {meant} is the range that it lies in")]
    HostBits {
        /// What was given.
        given: String,
        /// The prefix as it would be right.
        meant: String,
    },
    /// The first address is after the last.
    #[error("in {0:?} the first address is after the last")]
    Reversed(String),
    /// A range from first to last in IPv6.
    #[error("{0:?} is not allowed: IPv6 takes a prefix and its length, such as 2001:db8::/32")]
    SpanOfIpv6(String),
}

impl AddressRange {
    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (first, last) = self.bounds();
        let key = key_of(address);
        first <= key && key <= last
    }

    /// Its first and last address, in the order of [`key_of`].
    fn bounds(&self) -> (u128, u128) {
        match *self {
            Self::V4 { first, last } => (key_of(first.into()), key_of(last.into())),
            Self::V6 { network, length } => {
                let first = network.to_bits();
                let rest = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                (first, first | rest)
            }
        }
    }

    fn of_prefix(prefix: IpNet, text: &str) -> Result<Self, NotARange> {
        if prefix.trunc() != prefix {
            return Err(NotARange::HostBits {
                given: text.to_owned(),
                meant: Self::of_prefix(prefix.trunc(), text)?.to_string(),
            });
        }
        Ok(match mapped(prefix).unwrap_or(prefix) {
            IpNet::V4(v4) => Self::V4 {
                first: v4.network(),
                last: v4.broadcast(),
            },
            IpNet::V6(v6) => Self::V6 {
                network: v6.network(),
                length: v6.prefix_len(),
            },
        })
    }
}

/// The IPv4 prefix that a prefix of IPv4-mapped addresses means.
fn mapped(prefix: IpNet) -> Option<IpNet> {
    let IpNet::V6(v6) = prefix else { return None };
    let length = v6.prefix_len().checked_sub(96)?;
    Some(IpNet::V4(Ipv4Net::new(v6.addr().to_ipv4_mapped()?, length).ok()?))
}

/// Addresses of both families in one order; IPv4 as the IPv6 addresses that map it.
fn key_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for AddressRange {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let text = text.trim();
        let unreadable = || NotARange::Unreadable(text.chars().take(100).collect());
        let address = |part: &str| {
            let address = part.trim().parse::<IpAddr>().map_err(|_| unreadable())?;
            Ok(address.to_canonical())
        };
        if let Some((first, last)) = text.split_once('-') {
            return match (address(first)?, address(last)?) {
                (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => Ok(Self::V4 { first, last }),
                (IpAddr::V4(_), IpAddr::V4(_)) => Err(NotARange::Reversed(text.to_owned())),
                _ => Err(NotARange::SpanOfIpv6(text.to_owned())),
            };
        }
        if text.contains('/') {
            return Self::of_prefix(text.parse().map_err(|_| unreadable())?, text);
        }
        Self::of_prefix(IpNet::from(address(text)?), text)
    }
}

impl fmt::Display for AddressRange {
    /// The shortest form that says it: one address, a prefix, or first and last.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4 { first, last } if first == last => write!(out, "{first}"),
            Self::V4 { first, last } => {
                let size = last.to_bits() - first.to_bits();
                let length = u8::try_from(size.leading_zeros()).unwrap_or(32);
                let whole = size.count_ones() == u32::from(32 - length) && first.to_bits() & size == 0;
                if whole {
                    write!(out, "{first}/{length}")
                } else {
                    write!(out, "{first}-{last}")
                }
            }
            Self::V6 { network, length: 128 } => write!(out, "{network}"),
            Self::V6 { network, length } => write!(out, "{network}/{length}"),
        }
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AddressRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AddressRange {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "`10.0.0.0/8`, `192.168.1.10-192.168.1.20`, `10.1.2.3` or `2001:db8::/32`",
            ))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AddressRange {}

/// Many ranges, made to be asked: sorted, and found by halving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// By first address; none begins before the one in front of it ends.
    merged: Vec<(u128, u128)>,
    /// As they were written, to name the match.
    written: Vec<AddressRange>,
}

impl Network {
    /// The network of these ranges, which may overlap.
    #[must_use]
    pub fn new(ranges: &[AddressRange]) -> Self {
        let mut bounds: Vec<_> = ranges.iter().map(AddressRange::bounds).collect();
        bounds.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(bounds.len());
        for (first, last) in bounds {
            match merged.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Self {
            merged,
            written: ranges.to_vec(),
        }
    }

    /// Whether an address is in one of its ranges.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let key = key_of(address);
        let after = self.merged.partition_point(|(first, _)| *first <= key);
        after
            .checked_sub(1)
            .is_some_and(|index| key <= self.merged[index].1)
    }

    /// The first range, as it was written, that an address is in.
    #[must_use]
    pub fn matching(&self, address: IpAddr) -> Option<AddressRange> {
        self.written.iter().copied().find(|range| range.contains(address))
    }
}

/// What is wrong with the ranges of a field that takes at most `most`.
pub(crate) fn too_many(field: &str, given: usize, most: usize) -> Option<crate::FieldError> {
    (given > most).then(|| {
        crate::FieldError::new(
            field,
            "There are too many ranges.",
            format!("at most {most} ranges"),
            format!("{given} ranges"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_written_in_its_shortest_form() {
        for (given, shown) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            (" 10.1.2.3 ", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("10.0.0.0-10.0.0.255", "10.0.0.0/24"),
            ("192.168.1.10 - 192.168.1.20", "192.168.1.10-192.168.1.20"),
            ("10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
            ("255.255.255.255", "255.255.255.255"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("2001:db8::1/128", "2001:db8::1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
        ] {
            let range: AddressRange = given.parse().unwrap();
            assert_eq!(range.to_string(), shown, "{given}");
            assert_eq!(shown.parse(), Ok(range));
        }
    }

    #[test]
    fn what_is_no_range_is_told_why() {
        for (given, says) in [
            ("10.0.0.5/8", "10.0.0.0/8"),
            ("10.0.0.9-10.0.0.1", "after the last"),
            ("::1-::2", "a prefix and its length"),
            ("10.0.0.0/33", "is no range"),
            ("printer", "is no range"),
            ("", "is no range"),
            ("2001:db8::1/32", "2001:db8::/32"),
        ] {
            let refused = given.parse::<AddressRange>().unwrap_err().to_string();
            assert!(refused.contains(says), "{given}: {refused}");
        }
    }

    #[test]
    fn a_network_finds_an_address_in_ranges_that_overlap() {
        let ranges: Vec<AddressRange> = ["10.0.0.0/8", "10.2.0.0/16", "11.0.0.0-11.0.0.9", "fd00::/8"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let network = Network::new(&ranges);
        for (address, inside) in [
            ("10.2.3.4", true),
            ("10.255.255.255", true),
            ("11.0.0.9", true),
            ("11.0.0.10", false),
            ("9.255.255.255", false),
            ("::ffff:10.1.1.1", true),
            ("fd12::1", true),
            ("fe80::1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(network.contains(address), inside, "{address}");
            assert_eq!(network.matching(address).is_some(), inside, "{address}");
        }
        assert!(!Network::default().contains("10.0.0.1".parse().unwrap()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_reading_a_range_panic(text in "[0-9a-f:./ -]{0,40}") {
            if let Ok(range) = text.parse::<AddressRange>() {
                proptest::prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }
    }
}
