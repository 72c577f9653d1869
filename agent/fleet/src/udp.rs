//! Heartbeats over UDP, to the server's loopback listener.
//!
//! Not there yet: the listener's packets are described in `shared` once it has them. What is said here is what
//! `--udp` says until then. The place for it: [`crate::fleet::Fleet::take`] gives calls to whoever carries them, so a
//! socket carries heartbeats as the connections of [`crate::traffic`] do, and registers stay with those.

/// Why there is no UDP.
#[derive(Debug, thiserror::Error)]
#[error("--udp: this release speaks HTTP only; leave it out")]
pub(crate) struct NoUdp;
