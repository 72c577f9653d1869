//! Noticing what happens to the machine: it slept, or its address toward the server is another one.
//!
//! Both are looked at every [`EVERY`], by three system calls that send nothing: cheaper than to keep a netlink
//! socket in step, and fast enough, since no NAT forgets sooner. What is found is a pure comparison.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::net::UdpSocket;

/// How often to look.
pub(crate) const EVERY: Duration = Duration::from_secs(15);

/// Less sleep than this is rounding of the two clocks, or too short for anyone to have missed the agent.
const LEAST_SLEEP_MS: u64 = 2_000;

/// Whether the machine slept since the last look.
pub(crate) struct SleepWatch {
    slept_ms: u64,
}

impl SleepWatch {
    /// Begins with the two clocks as they are.
    pub(crate) const fn new(now_ms: u64, awake_ms: u64) -> Self {
        Self {
            slept_ms: now_ms.saturating_sub(awake_ms),
        }
    }

    /// Whether the clock that counts sleep went further than the one that does not.
    pub(crate) const fn woke(&mut self, now_ms: u64, awake_ms: u64) -> bool {
        let slept_ms = now_ms.saturating_sub(awake_ms);
        let woke = slept_ms >= self.slept_ms.saturating_add(LEAST_SLEEP_MS);
        self.slept_ms = slept_ms;
        woke
    }
}

/// Whether this machine's address toward the server changed.
#[derive(Default)]
pub(crate) struct AddressWatch {
    last: Option<IpAddr>,
}

impl AddressWatch {
    /// The server was told that it is at this address.
    pub(crate) const fn told(&mut self, address: IpAddr) {
        self.last = Some(address);
    }

    /// Whether `current` is another address than the last known one. Having none for a while is no change: a
    /// cable that was out and is in again leaves everything as it was.
    pub(crate) fn changed(&mut self, current: Option<IpAddr>) -> bool {
        let Some(current) = current else {
            return false;
        };
        self.last.replace(current).is_some_and(|last| last != current)
    }
}

/// The address from which packets to `peer` would leave now. Connecting a UDP socket asks the routing table and
/// sends nothing.
pub(crate) fn address_toward(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_sleep_counts_and_only_once() {
        let mut watch = SleepWatch::new(10_000, 4_000);
        assert!(!watch.woke(25_000, 19_000), "awake all the time");
        assert!(!watch.woke(40_900, 34_000), "rounding");
        assert!(watch.woke(3_655_900, 49_000), "an hour of sleep");
        assert!(!watch.woke(3_670_900, 64_000), "told already");
    }

    #[test]
    fn another_address_is_a_change_and_none_for_a_while_is_not() {
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        let mut watch = AddressWatch::default();
        assert!(!watch.changed(address(1)), "the first is where it begins");
        assert!(!watch.changed(None));
        assert!(!watch.changed(address(1)));
        assert!(watch.changed(address(2)));
        assert!(!watch.changed(address(2)));
    }

    #[test]
    fn a_change_before_the_first_look_is_one_too() {
        let mut watch = AddressWatch::default();
        watch.told(IpAddr::from([192, 0, 2, 1]));
        assert!(watch.changed(Some(IpAddr::from([192, 0, 2, 2]))));
    }

    #[test]
    fn the_address_toward_this_machine_is_loopback() {
        let address = address_toward(SocketAddr::from(([127, 0, 0, 1], 9)));
        assert!(address.is_some_and(|address| address.is_loopback()));
    }
}
