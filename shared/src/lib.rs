//! The vocabulary of Rollcall: what server, agent and console say to each other, and nothing else.
//!
//! No input, no output, no clock: every type here is a value that parses once and is trusted from then on.
//! It builds natively and for wasm, so the console refuses exactly what the API refuses.
//!
//! `no_std`, so that the rules of presence, which speak it, can be too.
//!
//! Not the place for what only one side knows (database rows, signals of the console, an agent's files).

// The schemas' derive macros name what the standard prelude brings.
#![cfg_attr(not(feature = "openapi"), no_std)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod agent_api;
pub mod build;
pub mod cause;
pub mod component;
pub mod console_api;
pub mod dial;
pub mod feed;
pub mod id;
pub mod loopback;
pub mod minutes;
pub mod natural;
pub mod patience;
pub mod problem;
pub mod range;
pub mod seconds;
pub mod settings;
pub mod status;
mod text;
pub mod why;

pub use cause::{Cause, ContactKind, GoodbyeKind, RegisterReason};
pub use component::{ComponentName, ComponentVersion, Sha256, SourceUrl};
pub use id::{AgentId, BootId, DomainId, TransitionId, UserId};
pub use minutes::Minutes;
pub use problem::{FieldError, Problem};
pub use range::AddressRange;
pub use seconds::Seconds;
pub use settings::{Duties, LeaseKind, LoopbackMode, Settings};
pub use status::{Presence, Reachability, Status, Statuses};
