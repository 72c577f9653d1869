//! What the server and agents say to each other outside of HTTP: the server connects to those that it can connect to, and
//! takes the loopback packets of the others.
//!
//! [`dial`] is one connection, [`Dialler`] knows whom and where, [`rounds`] connects to those who depend on it, [`loopback`] listens;
//! `notify` has those connected to who have news to hear. What an agent is connected to for decides by which places
//! ([`Lane`]).

mod case;
pub mod dial;
mod dialler;
mod lanes;
pub mod loopback;
pub mod rounds;
#[cfg(test)]
pub(crate) mod testing;
mod untold;

pub use case::Case;
pub use dialler::Dialler;
pub use lanes::{CONNECTIONS, Lane};
pub use untold::Untold;
