//! What an agent decides: when to speak to the server, what to say, and how long to hold back.
//!
//! Nothing here reads a clock, draws a random number or touches a socket. `now` is a number of milliseconds that
//! never runs backwards and counts suspended time; randomness is a `u64` of 64 even bits. So the same code runs
//! in the agent's process, in a fleet of simulated ones and in tests that live through months in a second.
//!
//! Not the place for files, HTTP or signals: those are the driver's, in the binary beside this library.

pub mod backoff;
pub mod epoch;
pub mod families;
pub mod install;
pub mod loopback;
pub mod schedule;
pub mod spread;
