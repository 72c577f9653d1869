//! The agent as a process, from enrolment to goodbye, against a server that does as it is told.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics fails")]

mod address;
mod bad_days;
mod components;
mod dialled;
mod enrolment;
mod families;
mod home;
mod long_absence;
mod namespace;
mod place;
mod polls;
mod presence;
mod refusals;
mod skipped;
mod stub;
mod tls;
mod uninstall;
