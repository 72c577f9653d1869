//! What the programs of this crate have in common: how they measure, and what they say at the end.

pub mod clock;
pub mod enrolment;
pub mod fleet;
pub mod measured;
pub mod wire;
