//! HTTP: one folder a resource, one file a verb (error, doc, handler, tests).

pub mod answer;
pub mod assets;
pub mod body;
pub mod capacity;
mod connection;
pub mod etag;
pub mod forwarded;
pub mod health;
pub mod hex;
pub mod insiders;
mod leftover;
pub mod limits;
pub mod metrics;
pub mod openapi_serve;
pub mod origin;
pub mod panic;
pub mod parameters;
pub mod patience;
pub mod peer;
mod refused_value;
pub mod security;
pub mod serve;
pub mod stack;
pub mod time_out;
pub mod tls;
pub mod trace;
