//! `/api/agent/v1/components`: the bytes of components, for agents.

pub(super) mod download;
mod places;
mod range;
mod streamed;

pub use places::Downloads;

#[cfg(test)]
mod tests;
