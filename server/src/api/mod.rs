//! HTTP: one folder a resource, one file a verb (error, doc, handler, tests).

pub mod answer;
pub mod body;
pub mod forwarded;
pub mod parameters;
pub mod peer;
mod refused_value;
