//! The rules of presence (`docs/PRESENCE.md`), as code that can be run anywhere: in the server, in a
//! simulation, in a test that owns the clock.
//!
//! No input, no output, no clock, no randomness: everything is given `now`. What decides lives here; sockets,
//! databases and threads live in the server's `engine`.
//!
//! Two sides share one table of [`cell`]s. The *hot side* ([`Columns::contact`]) renews leases from any number
//! of threads without a lock. The *owner* ([`Partition`]), one at a time, takes everything rare as an
//! [`Event`] and finds deadlines as they fall due. Both speak through one atomic word an agent, so an
//! acknowledged contact and a deadline cannot both win.

#![no_std]

extern crate alloc;
#[cfg(any(test, loom))]
extern crate std;

pub mod availability;
pub mod cell;
pub mod checkpoint;
pub mod columns;
pub mod deadlines;
pub mod engine_time;
pub mod lease;
pub mod load;
pub mod partition;
pub mod place;
pub mod rulebook;
pub mod spread;
mod sync;
mod whereabouts;

pub use cell::{Contact, Heard};
pub use columns::{Columns, Slot, TableFull};
pub use engine_time::{Advance, EngineClock, EngineTime, Ticker};
pub use lease::Lease;
pub use partition::{Effect, Event, Grounds, Outcome, Partition, Restored, Unheard};
pub use place::{PARTITIONS, Place};
pub use rulebook::{Addresses, Rulebook, Verdict};
pub use whereabouts::Whereabouts;
