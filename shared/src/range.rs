//! Ranges of addresses, as admins write them: `10.0.0.0/8`, `192.168.1.10-192.168.1.20`, `10.1.2.3`,
//! `2001:db8::/32`.
//!
//! IPv4 by first and last address, by prefix or one by one; IPv6 by prefix and length, or one by one. An
//! IPv4-mapped IPv6 address is taken as IPv4 (rule 14).

mod list;
mod network;

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(crate) use list::too_many;
pub use list::{Merged, Refused, merge, read_list};
pub use network::Network;

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
    fn bounds(&self) -> (Key, Key) {
        match *self {
            Self::V4 { first, last } => (key_of(first.into()), key_of(last.into())),
            Self::V6 { network, length } => {
                let first = network.to_bits();
                let rest = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                ((Family::V6, first), (Family::V6, first | rest))
            }
        }
    }

    /// The least range of both; they overlap. Of IPv6 one lies in the other, as prefixes do.
    fn joined(&self, other: &Self) -> Self {
        match (*self, *other) {
            (
                Self::V4 { first, last },
                Self::V4 {
                    first: also_first,
                    last: also_last,
                },
            ) => Self::V4 {
                first: first.min(also_first),
                last: last.max(also_last),
            },
            _ if self.bounds().0 <= other.bounds().0 && self.bounds().1 >= other.bounds().1 => *self,
            _ => *other,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    V4,
    V6,
}

/// Addresses of both families in one order: all of IPv4, then all of IPv6. So `::/0` is all of IPv6 and nothing of
/// IPv4, also where an address of IPv4 is written as the IPv6 address that maps it.
type Key = (Family, u128);

fn key_of(address: IpAddr) -> Key {
    match address.to_canonical() {
        IpAddr::V4(v4) => (Family::V4, v4.to_bits().into()),
        IpAddr::V6(v6) => (Family::V6, v6.to_bits()),
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

#[cfg(test)]
mod tests;
