//! The wall: every agent a cell.
//!
//! [`picture`] holds what the feed told, [`layout`] says where each cell stands on a canvas, [`paint`] colours pixels: all
//! pure. The page puts the pixels on the screen (`pages/wall.rs`).

pub mod blind;
pub mod hour;
pub mod layout;
pub mod paint;
pub mod picture;
