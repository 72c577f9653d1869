//! The UDP sockets: on the addresses and ports of HTTP unless the configuration says otherwise, bound before anything is
//! said.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use super::Ports;
use crate::config::LoopbackListen;
use crate::error_chain::chain;

/// Sockets that are bound and not read yet.
#[derive(Debug, Default)]
pub struct Sockets(Vec<UdpSocket>);

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
            LoopbackListen::At(addresses) => addresses.iter().map(|address| bind(*address)).collect(),
            LoopbackListen::AsHttp => Ok(listen
                .iter()
                .zip(listening)
                .filter_map(|(asked, address)| match bind(*address) {
                    // Any port would have done: agents are told which it is.
                    Err(_) if asked.port() == 0 => bind(*asked).ok(),
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

    pub(super) fn ports(&self) -> Ports {
        let mut ports = Ports::default();
        for address in self.addresses() {
            let port = Some(address.port());
            match address {
                SocketAddr::V4(_) => ports.v4 = ports.v4.or(port),
                SocketAddr::V6(_) => ports.v6 = ports.v6.or(port),
            }
        }
        // A socket at `::` takes IPv4 too.
        let both = self
            .addresses()
            .find(|address| address.is_ipv6() && address.ip().is_unspecified());
        ports.v4 = ports.v4.or(both.map(|address| address.port()));
        ports
    }

    /// Where they are bound.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().filter_map(|socket| socket.local_addr().ok())
    }

    pub(super) fn into_sockets(self) -> Vec<UdpSocket> {
        self.0
    }
}

fn bind(address: SocketAddr) -> Result<UdpSocket, BindError> {
    UdpSocket::bind(address).map_err(|source| BindError { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_the_port_of_http_or_where_any_would_do_another_one() {
        let http = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = http.local_addr().unwrap();
        let same = Sockets::bind(&LoopbackListen::AsHttp, &[any("127.0.0.1:0")], &[at]).unwrap();
        let port = same.ports().v4.unwrap();
        // Somebody else on this machine may have that one.
        assert_ne!(port, 0);
        let other = Sockets::bind(
            &LoopbackListen::AsHttp,
            &[any("127.0.0.1:0")],
            &[any(&format!("127.0.0.1:{port}"))],
        );
        assert_ne!(other.unwrap().ports().v4.unwrap(), port);
        let fixed = any(&format!("127.0.0.1:{port}"));
        let without = Sockets::bind(&LoopbackListen::AsHttp, &[fixed], &[fixed]).unwrap();
        assert_eq!(without.ports().v4, None, "the server starts all the same");
        let refused = Sockets::bind(&LoopbackListen::At(vec![fixed]), &[], &[]).unwrap_err();
        assert!(refused.to_string().contains("--loopback-listen"), "{refused}");
    }

    #[test]
    fn off_is_none_and_all_of_both_families_is_one() {
        let none = Sockets::bind(&LoopbackListen::Off, &[any("127.0.0.1:0")], &[]).unwrap();
        assert_eq!((none.ports().v4, none.ports().v6), (None, None));
        let both = Sockets::bind(&LoopbackListen::At(vec![any("[::]:0")]), &[], &[]).unwrap();
        assert_eq!(both.ports().v4, both.ports().v6);
        assert!(both.ports().v4.is_some());
    }
}
