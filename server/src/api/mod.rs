//! HTTP: one folder a resource, one file a verb (error, doc, handler, tests).

pub mod answer;
pub mod body;
pub mod capacity;
mod connection;
pub mod forwarded;
pub mod parameters;
pub mod patience;
pub mod peer;
mod refused_value;
pub mod serve;
pub mod session;
pub mod setup;
pub mod tls;
pub mod tokens;
