//! HTTP: one folder a resource, one file a verb (error, doc, handler, tests).
//!
//! [`router`] is the list of everything. What stands around the resources: [`serve`] and [`tls`] take
//! connections, [`peer`] says who is at the other end, [`body`] and [`parameters`] read what was sent,
//! [`answer`] is how anything is refused.

pub mod agent;
pub mod agents;
pub mod answer;
pub mod app;
pub mod assets;
pub mod body;
pub mod capacity;
pub mod common_answers;
pub mod components;
mod connection;
pub mod displays;
pub mod domains;
pub mod etag;
pub mod feed;
pub mod forwarded;
pub mod health;
pub mod hex;
pub mod insiders;
mod leftover;
pub mod limits;
pub mod metrics;
mod name;
pub mod openapi_serve;
pub mod origin;
pub mod paging;
pub mod panic;
pub mod parameters;
pub mod patience;
pub mod peer;
pub mod presence;
pub mod refused_value;
pub mod rollouts;
pub mod router;
pub mod security;
pub mod serve;
pub mod session;
pub mod settings;
pub mod setup;
pub mod stack;
pub mod status;
pub mod time_out;
pub mod tls;
pub mod tokens;
pub mod trace;
pub mod transitions;
pub mod verifications;
