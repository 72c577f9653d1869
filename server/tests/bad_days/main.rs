//! Bad days: the server is away, killed, stopped, its clock jumps, its database goes, its disk is full. On each of
//! them nobody is falsely offline, and nothing is lost that was acknowledged.
//!
//! The real binary, and agents that are real too or driven by the test. In a lane of their own (`make test
//! STEPS=days`): they take as long as what they are about, a stall of two minutes two minutes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics fails")]

mod absence;
mod checkpoint;
mod clock_jumps;
mod database_away;
mod driven;
mod full_disk;
mod kills;
mod postgres;
#[expect(dead_code, reason = "the test on namespaces uses the rest")]
#[path = "../real/mod.rs"]
mod real;
mod stall;
mod uninstall;
