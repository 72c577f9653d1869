//! Who asks, and what may they see: credentials of agents and people, sessions, roles and scopes.
//!
//! Every query and every message of the feed passes through a [`scope::Scope`] from the first day.

pub mod scope;
pub mod secret;
