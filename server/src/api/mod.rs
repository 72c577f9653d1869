//! HTTP: one folder a resource, one file a verb (error, doc, handler, tests).

pub mod answer;
pub mod body;
pub mod forwarded;
pub mod parameters;
pub mod peer;
pub mod refused_value;
pub mod session;
pub mod setup;
pub mod tokens;
