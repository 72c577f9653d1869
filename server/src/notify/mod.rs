//! News for agents: the outbox and how it is delivered.
//!
//! Saving settings or handing out a component queues one notification an agent, in the database. What is under way is
//! also kept here: a [`campaign`] a subject, fed by what agents ask and report, from which people see the roll-out.
//! How news reaches an agent is decided by a pure function of what is known of it ([`plan`]); [`delivery`] connects to
//! those that may be connected to. Nobody's presence hangs on any of this.

mod campaign;
mod delays;
pub mod delivery;
mod outbox;
mod place;
mod plan;

pub use outbox::Outbox;
pub use place::Place;
