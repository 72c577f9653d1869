//! A large component on its way to real agents, while the server is killed and lines are cut.
//!
//! In the lane of the long tests (`make test STEPS=days`): it moves gigabytes over the loopback.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics fails")]

mod cutter;
#[expect(dead_code, reason = "the test of two hundred kills uses the rest")]
#[path = "../bad_days/kills/dice.rs"]
mod dice;
mod large;
#[expect(dead_code, reason = "the tests of bad days use the rest")]
#[path = "../real/mod.rs"]
mod real;
