//! The UDP sockets: on the addresses and ports of HTTP unless the configuration says otherwise, bound before anything is
//! said.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::doors::Door;
use crate::config::LoopbackListen;
use crate::config::families::v6_only;
use crate::error_chain::chain;

/// Sockets that are bound and not read yet.
#[derive(Debug, Default)]
pub struct Sockets(Vec<Bound>);

/// One of them, and where it is bound.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) socket: UdpSocket,
    pub(super) door: Door,
}

/// An address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot take UDP on {address}; choose another with --loopback-listen, or say off")]
pub struct BindError {
    /// The address.
    address: SocketAddr,
    /// Why.
    #[source]
    source: io::Error,
}

impl Sockets {
    /// Takes the addresses that are configured. `listening` is where HTTP is listened on, in the order of `listen`, as it
    /// was asked for; one of those that cannot be had is told in the log, and done without.
    ///
    /// # Errors
    /// Where one that was configured cannot be had.
    pub fn bind(
        configured: &LoopbackListen,
        listen: &[SocketAddr],
        listening: &[SocketAddr],
    ) -> Result<Self, BindError> {
        let sockets: Result<Vec<_>, _> = match configured {
            LoopbackListen::Off => Ok(Vec::new()),
            LoopbackListen::At(addresses) => addresses
                .iter()
                .map(|address| bind(*address, addresses))
                .collect(),
            LoopbackListen::AsHttp => Ok(listen
                .iter()
                .zip(listening)
                .filter_map(|(asked, address)| match bind(*address, listening) {
                    // Any port would have done: agents are told which it is.
                    Err(_) if asked.port() == 0 => bind(*asked, listen).ok(),
                    Err(error) => {
                        tracing::warn!(
                            error = chain(&error),
                            "loopback packets are not taken there; agents go on without"
                        );
                        None
                    }
                    Ok(socket) => Some(socket),
                })
                .collect()),
        };
        sockets.map(Self)
    }

    /// Where they are bound.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().map(|bound| bound.door.address)
    }

    pub(super) fn into_bound(self) -> Vec<Bound> {
        self.0
    }

    /// Each of them once more, by which a test spoils it for who reads it.
    #[cfg(test)]
    pub(super) fn copies(&self) -> Vec<UdpSocket> {
        let copy = |bound: &Bound| bound.socket.try_clone().unwrap();
        self.0.iter().map(copy).collect()
    }
}

fn bind(address: SocketAddr, beside: &[SocketAddr]) -> Result<Bound, BindError> {
    let v6_only = v6_only(address, beside);
    let bound = open(address, v6_only).and_then(|socket| {
        let door = Door::new(socket.local_addr()?, v6_only);
        Ok(Bound { socket, door })
    });
    bound.map_err(|source| BindError { address, source })
}

/// A socket at this address; one at `::` takes IPv4 too unless told otherwise.
pub(super) fn open(address: SocketAddr, v6_only: bool) -> io::Result<UdpSocket> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, v6_only)?;
    }
    rustix::net::bind(&socket, &address)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn port(sockets: &Sockets) -> Option<u16> {
        sockets.addresses().next().map(|address| address.port())
    }

    #[test]
    fn it_is_the_port_of_http_or_where_any_would_do_another_one() {
        let http = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = http.local_addr().unwrap();
        let same = Sockets::bind(&LoopbackListen::AsHttp, &[any("127.0.0.1:0")], &[at]).unwrap();
        let port = port(&same).unwrap();
        // Somebody else on this machine may have that one.
        assert_ne!(port, 0);
        let other = Sockets::bind(
            &LoopbackListen::AsHttp,
            &[any("127.0.0.1:0")],
            &[any(&format!("127.0.0.1:{port}"))],
        );
        assert_ne!(other.unwrap().addresses().next().unwrap().port(), port);
        let fixed = any(&format!("127.0.0.1:{port}"));
        let without = Sockets::bind(&LoopbackListen::AsHttp, &[fixed], &[fixed]).unwrap();
        assert_eq!(without.0.len(), 0, "the server starts all the same");
        let refused = Sockets::bind(&LoopbackListen::At(vec![fixed]), &[], &[]).unwrap_err();
        assert!(refused.to_string().contains("--loopback-listen"), "{refused}");
    }

    #[test]
    fn off_is_none() {
        let none = Sockets::bind(&LoopbackListen::Off, &[any("127.0.0.1:0")], &[]).unwrap();
        assert_eq!(port(&none), None);
    }

    #[test]
    fn all_of_ipv6_takes_ipv4_too_unless_that_has_a_socket_of_its_own_at_the_port() {
        let comes_from = |sockets: &Sockets, to: &str| {
            let client = UdpSocket::bind((to, 0)).unwrap();
            client.send_to(b"here", (to, port(sockets).unwrap())).unwrap();
            let came: Vec<bool> = sockets
                .0
                .iter()
                .map(|bound| {
                    let wait = Some(std::time::Duration::from_millis(100));
                    bound.socket.set_read_timeout(wait).unwrap();
                    bound.socket.recv(&mut [0; 9]).is_ok()
                })
                .collect();
            came
        };
        let both = Sockets::bind(&LoopbackListen::At(vec![any("[::]:0")]), &[], &[]).unwrap();
        assert_eq!(comes_from(&both, "127.0.0.1"), [true]);
        assert_eq!(comes_from(&both, "::1"), [true]);
        let at = any(&format!("0.0.0.0:{}", port(&both).unwrap()));
        drop(both);
        let each = vec![at, any(&format!("[::]:{}", at.port()))];
        let each = Sockets::bind(&LoopbackListen::At(each), &[], &[]).unwrap();
        assert_eq!(comes_from(&each, "127.0.0.1"), [true, false]);
        assert_eq!(comes_from(&each, "::1"), [false, true]);
    }
}
