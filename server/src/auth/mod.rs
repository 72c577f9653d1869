//! Who asks, and what may they see: credentials of agents and people, sessions, roles and scopes.
//!
//! Every query and every message of the feed passes through a [`Scope`](crate::scope::Scope) from the first day.

pub mod agents;
pub mod cookie;
pub mod credentials;
pub mod displays;
pub mod enrolment;
pub mod loopback_key;
pub mod master_key;
pub mod passwords;
pub mod people;
pub mod person;
pub mod proof_key;
pub mod secret;
pub mod sessions;
pub mod setup_link;
pub mod watcher;
