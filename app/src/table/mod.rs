//! The table of agents without its page: which rows, in which order, and which of them are on the screen.
//!
//! All pure. [`view`] is what the address bar says, [`order`] keeps the rows that it asks for in its order,
//! [`window`] says which of them to draw, [`selection`] is what somebody ticked among them.

pub mod column;
pub mod csv;
pub mod order;
pub mod selection;
pub mod view;
pub mod window;
