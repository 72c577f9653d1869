//! Real processes: the server's and the agent's binaries as they ship, on networks and in trouble of a test's making.
//!
//! Both test binaries that start processes take this in as a module. Nothing here knows the inside of the server: it
//! starts it, ends it, and speaks to it as agents and people do. Not the place for what an answer looks like in
//! detail; that is tested beside the handlers, through the router.

pub(crate) mod admin;
pub(crate) mod agent;
pub(crate) mod history;
pub(crate) mod http;
pub(crate) mod moment;
pub(crate) mod network;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod skipped;
