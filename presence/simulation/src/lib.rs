//! The shipped rules of presence and the shipped agent, run against each other in simulated time, from a seed.
//!
//! [`world`] is the theatre: machines, networks, a server process, an admin, all of whom have bad days. On its stage
//! stand the real things: the crate `rollcall-presence` as the server uses it, and the agent's `Schedule`. The
//! [`oracle`] watches: a naive second telling of the rules, written from their text alone, which says beforehand what
//! each step has to bring. What differs is a [`Violation`] of a numbered rule.
//!
//! No clock, no randomness but the seed's, no map whose order is chance: the same seed is the same run.
//!
//! Not the place for sockets, databases and threads: those are tested where they are, in the server.

pub mod faults;
mod oracle;
mod random;
pub mod run;
mod trace;
mod violation;
mod world;

pub use faults::Fault;
pub use run::{Manner, Report, run, run_so};
pub use violation::Violation;
