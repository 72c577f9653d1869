//! The backend.

pub mod auth;
pub mod store;
