//! Ranges of addresses that something is granted to.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// A set of ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(pub Vec<IpNet>);

impl Ranges {
    /// Whether an address is in one of them. An IPv4-mapped IPv6 address is taken as IPv4.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(&address))
    }
}

/// A range or a single address. A range of IPv4-mapped addresses becomes the IPv4 range that it means.
///
/// # Errors
/// Where it is neither.
pub fn parse(text: &str) -> Result<IpNet, &'static str> {
    let range = match text.parse::<IpNet>() {
        Ok(range) => range,
        Err(_) => IpNet::from(text.parse::<IpAddr>().map_err(|_| "no range")?),
    };
    if let IpNet::V6(v6) = range
        && let Some(mapped) = v6.addr().to_ipv4_mapped()
        && let Some(prefix) = v6.prefix_len().checked_sub(96)
    {
        return Ipv4Net::new(mapped, prefix)
            .map(IpNet::V4)
            .map_err(|_| "no range");
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_and_ranges_are_taken_as_ipv4() {
        let ranges = Ranges(vec![
            parse("::ffff:10.0.0.0/104").unwrap(),
            parse("fd00::/8").unwrap(),
        ]);
        for (address, inside) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("fd00::1", true),
            ("11.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(ranges.contain(address.parse().unwrap()), inside, "{address}");
        }
    }

    #[test]
    fn a_single_address_is_a_range_of_one() {
        assert_eq!(parse("127.0.0.1"), Ok("127.0.0.1/32".parse().unwrap()));
        assert!(parse("10.0.0.0/33").is_err());
        assert!(parse("proxy").is_err());
    }
}
