//! Many ranges as the rules ask them: is this address in one of them?

use alloc::vec::Vec;
use core::net::IpAddr;

use super::{AddressRange, Key, key_of};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
