//! Which domains somebody may see. Lists, counts and the feed are all cut to it.
//!
//! A scope names domains; with each of them it holds all that is below it, as the [tree](Tree) stands when it is asked:
//! what is moved below such a domain is seen from then on, what is moved away is not.

mod tree;

use std::collections::BTreeSet;

use rollcall_shared::DomainId;

pub use tree::{Folder, Tree};

/// The domains that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of them, also those made later.
    All,
    /// These, and what is below them.
    Domains(BTreeSet<DomainId>),
}
