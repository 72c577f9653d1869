//! Which families of addresses an address that is listened on takes. What Linux does by itself hangs on a switch of the
//! machine (`net.ipv6.bindv6only`), so it is said for each socket.

use std::net::{IpAddr, SocketAddr};

/// Whether a socket at this address is to take IPv6 alone, where these are listened on, it included. One at `::` takes
/// IPv4 too, unless its port is listened on at `0.0.0.0` as well: that one would not be had otherwise.
#[must_use]
pub fn v6_only(address: SocketAddr, listened_on: &[SocketAddr]) -> bool {
    let SocketAddr::V6(v6) = address else {
        return false;
    };
    let beside = |other: &SocketAddr| {
        other.ip() == IpAddr::from([0, 0, 0, 0]) && other.port() == address.port() && other.port() != 0
    };
    if v6.ip().is_unspecified() {
        listened_on.iter().any(beside)
    } else {
        // An IPv4 address in IPv6 form takes IPv4 by its nature.
        v6.ip().to_ipv4_mapped().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_ipv6_takes_ipv4_too_unless_that_is_listened_on_at_the_same_port() {
        for (address, beside, expected) in [
            ("[::]:80", "192.0.2.1:80", false),
            ("[::]:80", "0.0.0.0:80", true),
            ("[::]:80", "0.0.0.0:81", false),
            // The system chooses two.
            ("[::]:0", "0.0.0.0:0", false),
            ("[2001:db8::1]:80", "192.0.2.1:80", true),
            ("[::ffff:192.0.2.1]:80", "192.0.2.2:80", false),
            ("0.0.0.0:80", "[::]:80", false),
        ] {
            let listened_on: Vec<SocketAddr> = [address, beside].map(|text| text.parse().unwrap()).into();
            assert_eq!(
                v6_only(listened_on[0], &listened_on),
                expected,
                "{address} {beside}"
            );
        }
    }
}
