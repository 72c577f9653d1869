//! The live picture: what the server tells this screen, and whether it still does.
//!
//! [`mirror`] applies frames, [`standing`] judges how live the picture is, [`seldom`] and [`backoff`] say when to tell and to connect
//! again: all pure. `socket` holds the connection, `asking` says over it what a page wants, and `live` gives components what they draw from.

pub mod backoff;
pub mod mirror;
pub mod seldom;
pub mod standing;
pub mod tree;

#[cfg(target_arch = "wasm32")]
mod asking;
#[cfg(target_arch = "wasm32")]
pub(crate) mod live;
#[cfg(target_arch = "wasm32")]
pub(crate) mod socket;
#[cfg(target_arch = "wasm32")]
pub(crate) mod spoken;
