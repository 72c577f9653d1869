//! The table of agents without its page: which rows, in which order, and which of them are on the screen.
//!
//! All pure. [`view`] is what the address bar says, [`window`] which of the rows to draw and which to ask for,
//!  [`selection`] is what somebody ticked among them.

pub mod column;
pub mod csv;
pub mod selection;
pub mod view;
pub mod window;
