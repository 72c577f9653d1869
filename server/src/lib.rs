//! The backend: agents report here, people ask here who is here.
//!
//! Floors from the ground up; an arrow never points up (`docs/ARCHITECTURE.md`).

pub mod api;
pub mod arrivals;
pub mod auth;
pub mod background;
pub mod clock;
pub mod components;
pub mod config;
pub mod engine;
pub mod error_chain;
pub mod feed;
pub mod hidden;
pub mod logging;
pub mod net;
pub mod notify;
pub mod roster;
pub mod scope;
pub mod settings;
pub mod store;
pub mod wiring;
