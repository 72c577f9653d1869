//! Who asks, and what they may see.

pub mod scope;
