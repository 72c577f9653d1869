//! The backend: agents report here, people ask here who is here.
//!
//! Floors from the ground up; an arrow never points up (`docs/ARCHITECTURE.md`).

pub mod api;
pub mod auth;
pub mod clock;
pub mod config;
pub mod logging;
