//! One file a route.

pub(crate) mod agent;
pub(crate) mod agents;
pub(crate) mod components;
pub(crate) mod domains;
pub(crate) mod events;
pub(crate) mod history;
pub(crate) mod not_found;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod wall;
