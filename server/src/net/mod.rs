//! What the server does towards agents of its own accord: it connects to those that it can connect to.
//!
//! [`dial`] is one connection, [`Dialler`] knows whom and where, [`rounds`] connects to those who depend on it,
//! [`news`] to those who do not know the newest settings. What an agent is connected to for decides by which places
//! ([`Lane`]).

mod case;
pub mod dial;
mod dialler;
mod lanes;
pub mod news;
pub mod rounds;
#[cfg(test)]
mod testing;

pub use dialler::Dialler;
pub use lanes::{CONNECTIONS, Lane};
