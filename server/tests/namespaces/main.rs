//! A real NAT: server, router and a private network in namespaces of their own, with the real server and real agents.
//!
//! Needs root, iproute2 and nftables. Where that is not so, each test says that it was skipped; `make test` counts
//! them, and fails for them where the machine would permit it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics fails")]

mod addresses;
mod families;
mod lab;
mod lives;
mod loopback;
mod news;
#[expect(dead_code, reason = "the tests of bad days use the rest")]
#[path = "../real/mod.rs"]
mod real;
mod rollout;
mod tap;
