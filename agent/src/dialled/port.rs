//! The port on which the agent listens.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::FromStr;
use std::io;

use nix::sys::socket::{setsockopt, sockopt};
use tokio::net::{TcpListener, TcpSocket};
use tracing::{info, warn};

/// The port where none is named: what a firewall is opened for.
const DEFAULT: u16 = 8117;

/// Connections that wait to be accepted; more come to nothing.
const BACKLOG: u32 = 16;

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NotifyPort {
    /// On the usual port, or where that is taken, on a free one.
    #[default]
    Usual,
    /// On this one.
    Given(u16),
    /// Not at all.
    Off,
}

/// The text names no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("allowed are 1 to 65535, or `off` to listen on none")]
pub(crate) struct NoPort;

impl FromStr for NotifyPort {
    type Err = NoPort;

    fn from_str(text: &str) -> Result<Self, NoPort> {
        match (text, text.parse()) {
            ("off", _) => Ok(Self::Off),
            (_, Ok(0) | Err(_)) => Err(NoPort),
            (_, Ok(port)) => Ok(Self::Given(port)),
        }
    }
}

/// The port that was named cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on port {port}; name another one with --notify-port, or `off`")]
pub(crate) struct ListenError {
    port: u16,
    source: io::Error,
}

/// Listens as wished. Only a port that was named is insisted on: an agent that cannot be connected to is still
/// present by its own calls.
pub(super) fn bind(wish: NotifyPort) -> Result<Option<TcpListener>, ListenError> {
    match wish {
        NotifyPort::Off => Ok(None),
        NotifyPort::Given(port) => match bind_to(port) {
            Ok(listener) => Ok(Some(listener)),
            Err(source) => Err(ListenError { port, source }),
        },
        NotifyPort::Usual => Ok(bind_to_or_any(DEFAULT)
            .inspect_err(|error| warn!("The server cannot connect to this agent: {error}"))
            .ok()),
    }
}

/// On that port, or where it cannot be listened on, on a free one.
fn bind_to_or_any(port: u16) -> io::Result<TcpListener> {
    bind_to(port).or_else(|error| {
        info!("Port {port} cannot be listened on ({error}); taking a free one");
        bind_to(0)
    })
}

/// On IPv6 and IPv4 alike, or where the machine has no IPv6, on IPv4.
fn bind_to(port: u16) -> io::Result<TcpListener> {
    both(port).or_else(|error| match error.kind() {
        // It would be as much in use there.
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => Err(error),
        _ => {
            let socket = TcpSocket::new_v4()?;
            listen(socket, (Ipv4Addr::UNSPECIFIED, port).into())
        }
    })
}

fn both(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v6()?;
    // The system's default may be otherwise.
    setsockopt(&socket, sockopt::Ipv6V6Only, &false)?;
    listen(socket, (Ipv6Addr::UNSPECIFIED, port).into())
}

fn listen(socket: TcpSocket, at: SocketAddr) -> io::Result<TcpListener> {
    // Connections of the process before this one may still be waiting for their end.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_or_off() {
        assert_eq!("9".parse(), Ok(NotifyPort::Given(9)));
        assert_eq!("off".parse(), Ok(NotifyPort::Off));
        for wrong in ["", "0", "65536", "-1", "on", "8117x"] {
            assert_eq!(wrong.parse::<NotifyPort>(), Err(NoPort), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_port_that_was_named_and_is_taken_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(NotifyPort::Given(port)).unwrap_err();
        assert!(error.to_string().contains(&port.to_string()), "{error}");
        assert!(bind(NotifyPort::Off).unwrap().is_none());
    }

    #[tokio::test]
    async fn the_usual_port_gives_way_to_a_free_one() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let other = bind_to_or_any(port).unwrap();
        assert_ne!(other.local_addr().unwrap().port(), port);
        let held = bind_to(DEFAULT);
        let other = bind(NotifyPort::Usual).unwrap().unwrap();
        // Where somebody else had it, nobody knows until when.
        if held.is_ok() {
            assert_ne!(other.local_addr().unwrap().port(), DEFAULT);
        }
    }

    #[tokio::test]
    async fn both_families_reach_it() {
        let listener = bind_to(0).unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        if listener.local_addr().unwrap().is_ipv6() {
            tokio::net::TcpStream::connect((Ipv6Addr::LOCALHOST, port))
                .await
                .unwrap();
        }
    }
}
