//! Telling systemd how it stands (`sd_notify`): a datagram to the socket that it named, or nothing where it did not.
//!
//! `READY=1` is sent when the process has its lock and its identity, not when the server answered: a machine must
//! finish starting while its server is away.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The way to the service manager.
pub(crate) struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// The one of this process's environment.
    pub(crate) fn from_environment() -> Self {
        let address = std::env::var_os("NOTIFY_SOCKET").and_then(|name| {
            // An `@` stands for the zero byte of an abstract name.
            match name.as_bytes().strip_prefix(b"@") {
                Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name).ok(),
                None => SocketAddr::from_pathname(&name).ok(),
            }
        });
        Self(address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address))))
    }

    /// Sends one state, such as `READY=1`. A service manager that does not listen is not this program's trouble.
    pub(crate) fn send(&self, state: &str) {
        if let Some((socket, address)) = &self.0 {
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}
