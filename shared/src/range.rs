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

/// A range that lay in others, or overlapped them, and became part of one with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Merged {
    /// What was given.
    pub given: AddressRange,
    /// What it is part of now.
    pub into: AddressRange,
}

/// The same addresses in ranges that do not overlap, in the order in which they were given; and what was merged.
/// Neighbours that only touch stay two: somebody wrote them as two.
#[must_use]
pub fn merge(ranges: &[AddressRange]) -> (Vec<AddressRange>, Vec<Merged>) {
    let mut order: Vec<usize> = (0..ranges.len()).collect();
    order.sort_by_key(|&at| {
        let (first, last) = ranges[at].bounds();
        // Of two that begin together the larger first, so that the other lies in it; then as they were given.
        (first, core::cmp::Reverse(last), at)
    });
    // Each with the places of those that it is made of; the place of the earliest is its own.
    let mut groups: Vec<(AddressRange, Vec<usize>)> = Vec::with_capacity(ranges.len());
    for at in order {
        let range = ranges[at];
        match groups.last_mut() {
            Some((group, members)) if range.bounds().0 <= group.bounds().1 => {
                *group = group.joined(&range);
                members.push(at);
            }
            _ => groups.push((range, alloc::vec![at])),
        }
    }
    let mut merged = Vec::new();
    let mut kept: Vec<(usize, AddressRange)> = groups
        .into_iter()
        .map(|(group, mut members)| {
            members.sort_unstable();
            // One of them may be the whole already: that one was not merged into anything.
            let whole = members.iter().copied().find(|&at| ranges[at] == group);
            for &at in members.iter().filter(|&&at| Some(at) != whole) {
                merged.push((
                    at,
                    Merged {
                        given: ranges[at],
                        into: group,
                    },
                ));
            }
            (whole.unwrap_or(members[0]), group)
        })
        .collect();
    kept.sort_unstable_by_key(|&(at, _)| at);
    merged.sort_unstable_by_key(|&(at, _)| at);
    (
        kept.into_iter().map(|(_, range)| range).collect(),
        merged.into_iter().map(|(_, one)| one).collect(),
    )
}

/// A text in a list that is no range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub error: NotARange,
}

/// Reads a list as people have it: a column of a spreadsheet, lines, or separated by commas or semicolons. Two
/// addresses in neighbouring cells of a row are the first and the last of a range. Empty cells are passed over.
#[must_use]
pub fn read_list(text: &str) -> Vec<Result<AddressRange, Refused>> {
    let mut read = Vec::new();
    for row in text.split(['\n', '\r', ',', ';']) {
        let cells: Vec<&str> = row
            .split('\t')
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        if let [first, last] = cells[..]
            && let (Ok(IpAddr::V4(_)), Ok(IpAddr::V4(_))) = (first.parse(), last.parse())
        {
            read.push(entry(&format!("{first}-{last}")));
            continue;
        }
        read.extend(cells.into_iter().map(entry));
    }
    read
}

fn entry(text: &str) -> Result<AddressRange, Refused> {
    text.parse().map_err(|error| Refused {
        text: text.chars().take(100).collect(),
        error,
    })
}

/// Many ranges, made to be asked: sorted, and found by halving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// By first address; none begins before the one in front of it ends.
    merged: Vec<(Key, Key)>,
    /// As they were written, to name the match.
    written: Vec<AddressRange>,
}

impl Network {
    /// The network of these ranges, which may overlap.
    #[must_use]
    pub fn new(ranges: &[AddressRange]) -> Self {
        let mut bounds: Vec<_> = ranges.iter().map(AddressRange::bounds).collect();
        bounds.sort_unstable();
        let mut merged: Vec<(Key, Key)> = Vec::with_capacity(bounds.len());
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
    use alloc::vec;

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

    #[test]
    fn all_of_ipv6_is_nothing_of_ipv4_and_the_reverse() {
        let (v4, v6): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
        for (range, of_v4, of_v6) in [("0.0.0.0/0", true, false), ("::/0", false, true)] {
            let range: AddressRange = range.parse().unwrap();
            let network = Network::new(&[range]);
            assert_eq!(
                (range.contains(v4), range.contains(v6)),
                (of_v4, of_v6),
                "{range}"
            );
            assert_eq!(
                (network.contains(v4), network.contains(v6)),
                (of_v4, of_v6),
                "{range}"
            );
        }
    }

    fn list(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_overlaps_becomes_one_and_is_named() {
        let pairs = |texts: &[(&str, &str)]| -> Vec<Merged> {
            let read = |text: &str| text.parse().unwrap();
            texts
                .iter()
                .map(|&(given, into)| Merged {
                    given: read(given),
                    into: read(into),
                })
                .collect()
        };
        for (given, kept, merged) in [
            (
                vec!["10.0.0.0/8", "10.2.0.0/16"],
                vec!["10.0.0.0/8"],
                vec![("10.2.0.0/16", "10.0.0.0/8")],
            ),
            (
                vec!["10.2.0.0/16", "10.0.0.0/8"],
                vec!["10.0.0.0/8"],
                vec![("10.2.0.0/16", "10.0.0.0/8")],
            ),
            (
                vec!["10.0.0.5-10.0.0.20", "fd00::/8", "10.0.0.1-10.0.0.9"],
                vec!["10.0.0.1-10.0.0.20", "fd00::/8"],
                vec![
                    ("10.0.0.5-10.0.0.20", "10.0.0.1-10.0.0.20"),
                    ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.20"),
                ],
            ),
            (
                vec!["10.1.2.3", "10.1.2.3"],
                vec!["10.1.2.3"],
                vec![("10.1.2.3", "10.1.2.3")],
            ),
            (
                vec!["fd12::/16", "fd00::/8"],
                vec!["fd00::/8"],
                vec![("fd12::/16", "fd00::/8")],
            ),
            (
                vec!["10.0.0.0/24", "10.0.1.0/24"],
                vec!["10.0.0.0/24", "10.0.1.0/24"],
                vec![],
            ),
            (vec!["::/0", "10.0.0.0/8"], vec!["::/0", "10.0.0.0/8"], vec![]),
            (
                vec!["0.0.0.0/0", "255.255.255.255"],
                vec!["0.0.0.0/0"],
                vec![("255.255.255.255", "0.0.0.0/0")],
            ),
        ] {
            assert_eq!(merge(&list(&given)), (list(&kept), pairs(&merged)), "{given:?}");
        }
    }

    #[test]
    fn a_list_is_read_as_people_have_it() {
        let text = "10.0.0.0/8\r\n 10.1.2.3 ,fd00::/8;\n\n192.168.1.10\t192.168.1.20\n10.0.0.5/8\n10.9.9.9\tprinter\n";
        let read: Vec<String> = read_list(text)
            .into_iter()
            .map(|entry| match entry {
                Ok(range) => range.to_string(),
                Err(refused) => format!("!{}", refused.text),
            })
            .collect();
        assert_eq!(
            read,
            [
                "10.0.0.0/8",
                "10.1.2.3",
                "fd00::/8",
                "192.168.1.10-192.168.1.20",
                "!10.0.0.5/8",
                "10.9.9.9",
                "!printer"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn merging_changes_no_answer(
            spans in proptest::collection::vec((0u32..64, 0u32..16), 0..12),
            asked in 0u32..90,
        ) {
            let ranges: Vec<AddressRange> = spans
                .iter()
                .map(|&(first, more)| AddressRange::V4 { first: first.into(), last: (first + more).into() })
                .collect();
            let (kept, merged) = merge(&ranges);
            let address = IpAddr::V4(asked.into());
            proptest::prop_assert_eq!(
                Network::new(&ranges).contains(address),
                kept.iter().any(|range| range.contains(address))
            );
            for pair in kept.windows(2) {
                proptest::prop_assert!(pair[0] != pair[1]);
            }
            proptest::prop_assert!(kept.len() + merged.len() >= ranges.len());
            proptest::prop_assert_eq!(merge(&kept).1, vec![]);
        }

        #[test]
        fn no_text_makes_reading_a_range_panic(text in "[0-9a-f:./ -]{0,40}") {
            if let Ok(range) = text.parse::<AddressRange>() {
                proptest::prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }
    }
}
