//! HTTP toward the server: written and read by hand, since the load generator shares its processors with what it
//! measures. A request is copied together from parts that are made once; an answer is read in place.
//!
//! As much of HTTP/1.1 as shipped agents use: one request at a time on a connection that is kept. Not for answers in
//! chunks, nor for proxies that make chunks of them.

mod endpoint;
mod link;
mod reply;
mod request;

pub(crate) use endpoint::Endpoint;
pub(crate) use link::{Fault, Link, Stream, connect};
pub(crate) use reply::Media;
pub(crate) use reply::Reply;
pub(crate) use request::{Credential, Path, Requests, heartbeat};
