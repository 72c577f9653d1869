//! Where packets are taken, whether they are just now, and which port an agent is told.
//!
//! An agent sends its packets to the address at which it reached the server by HTTP. So it is told the port of a socket
//! that takes what comes there, where one does.

use std::net::{IpAddr, SocketAddr};

use parking_lot::RwLock;

/// An address and port, bound or to be bound again.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) address: SocketAddr,
    /// Of `::`: whether it takes IPv6 alone.
    pub(super) v6_only: bool,
    /// What is wrong, while no packets are taken there.
    wrong: RwLock<Option<String>>,
}

impl Door {
    pub(super) const fn new(address: SocketAddr, v6_only: bool) -> Self {
        Self {
            address,
            v6_only,
            wrong: RwLock::new(None),
        }
    }

    /// No packets are taken there, for this reason.
    pub(super) fn close(&self, why: String) {
        *self.wrong.write() = Some(why);
    }

    /// They are.
    pub(super) fn open(&self) {
        *self.wrong.write() = None;
    }

    /// What is wrong, in a sentence.
    pub(super) fn judge(&self) -> Result<(), String> {
        match &*self.wrong.read() {
            None => Ok(()),
            Some(why) => Err(format!(
                "Loopback packets are not taken on {}: {why}.",
                self.address
            )),
        }
    }

    /// How well it takes the packets of an agent at this address that reached the server at that one, the less the better;
    /// nothing where it takes none.
    fn rank(&self, agent: IpAddr, reached: Option<IpAddr>) -> Option<u8> {
        let ip = self.address.ip().to_canonical();
        let is_of_family = match reached.unwrap_or(agent) {
            IpAddr::V4(_) => ip.is_ipv4() || (ip.is_unspecified() && !self.v6_only),
            IpAddr::V6(_) => ip.is_ipv6(),
        };
        if !is_of_family || self.wrong.read().is_some() {
            return None;
        }
        match reached {
            Some(reached) if ip == reached => Some(0),
            _ if ip.is_unspecified() => Some(1),
            // Neither comes to the other.
            Some(reached) if ip.is_loopback() || reached.is_loopback() => None,
            // Something on the way may pass packets on to it, as it did with the call.
            _ if !ip.is_loopback() => Some(2),
            // As a proxy on this machine may.
            _ => Some(3),
        }
    }
}

/// The port to which an agent at this address sends its packets, whose call came in at `reached`, where that is known;
/// nothing where none are taken that it could send.
pub(super) fn port_for<'a>(
    doors: impl Iterator<Item = &'a Door>,
    agent: IpAddr,
    reached: Option<IpAddr>,
) -> Option<u16> {
    let (agent, reached) = (agent.to_canonical(), reached.map(|ip| ip.to_canonical()));
    doors
        .filter_map(|door| Some((door.rank(agent, reached)?, door.address.port())))
        // Of equals the first, as configured.
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors(texts: &[&str]) -> Vec<Door> {
        let addresses: Vec<SocketAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        addresses
            .iter()
            .map(|address| Door::new(*address, crate::config::families::v6_only(*address, &addresses)))
            .collect()
    }

    const V4: &str = "203.0.113.9";
    const V6: &str = "2001:db8::9";

    #[test]
    fn an_agent_is_told_the_port_of_the_socket_that_takes_what_it_sends() {
        for (listened_on, agent, reached, expected) in [
            // The address that it reached, whichever comes first.
            (
                &["127.0.0.1:1", "192.0.2.1:2", "192.0.2.2:3"][..],
                V4,
                Some("192.0.2.2"),
                Some(3),
            ),
            (&["127.0.0.1:1", "192.0.2.1:2"], V4, Some("192.0.2.1"), Some(2)),
            (&["192.0.2.1:2", "127.0.0.1:1"], V4, Some("127.0.0.1"), Some(1)),
            (
                &["[2001:db8::1]:1", "192.0.2.1:2"],
                V4,
                Some("192.0.2.1"),
                Some(2),
            ),
            (
                &["192.0.2.1:2", "[2001:db8::1]:1"],
                V6,
                Some("2001:db8::1"),
                Some(1),
            ),
            // One that takes all of its family.
            (&["192.0.2.1:2", "0.0.0.0:3"], V4, Some("192.0.2.2"), Some(3)),
            (&["192.0.2.1:2", "[::]:3"], V4, Some("192.0.2.2"), Some(3)),
            (&["[::]:3"], V4, Some("::ffff:192.0.2.2"), Some(3)),
            (&["[::]:3", "0.0.0.0:3"], V6, Some("2001:db8::1"), Some(3)),
            (&["0.0.0.0:3"], V6, Some("2001:db8::1"), None),
            // Another one that calls may be passed on from, but never to or from this machine alone.
            (&["127.0.0.1:1", "192.0.2.1:2"], V4, Some("10.0.0.1"), Some(2)),
            (&["127.0.0.1:1"], V4, Some("192.0.2.1"), None),
            (&["192.0.2.1:2"], "127.0.0.1", Some("127.0.0.1"), None),
            // Through a proxy it is not known which.
            (&["127.0.0.1:1", "192.0.2.1:2"], V4, None, Some(2)),
            (&["127.0.0.1:1", "192.0.2.1:2", "0.0.0.0:3"], V4, None, Some(3)),
            (&["127.0.0.1:1"], V4, None, Some(1)),
            (&["127.0.0.1:1", "[::1]:2"], V6, None, Some(2)),
            (&["192.0.2.1:2"], V6, None, None),
            (&[], V4, None, None),
        ] {
            let doors = doors(listened_on);
            let told = port_for(
                doors.iter(),
                agent.parse().unwrap(),
                reached.map(|ip| ip.parse().unwrap()),
            );
            assert_eq!(told, expected, "{listened_on:?} {agent} {reached:?}");
        }
    }

    #[test]
    fn the_port_of_a_closed_door_is_told_to_nobody() {
        let doors = doors(&["192.0.2.1:2", "192.0.2.2:3"]);
        let told = || port_for(doors.iter(), V4.parse().unwrap(), None);
        assert_eq!(told(), Some(2));
        doors[0].close("it was shut down".to_owned());
        doors[0].close("it is in use".to_owned());
        assert_eq!(told(), Some(3));
        let wrong = doors[0].judge().unwrap_err();
        assert!(
            wrong.contains("192.0.2.1:2") && wrong.contains("in use"),
            "{wrong}"
        );
        doors[0].open();
        assert_eq!((told(), doors[0].judge()), (Some(2), Ok(())));
    }
}
