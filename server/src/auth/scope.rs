//! The part of the agent tree that someone may see.
//!
//! Every query that lists something takes a scope and filters by it where the rows are, so that what
//! someone may not see never leaves the database.

use std::collections::BTreeSet;

use rollcall_shared::DomainId;

/// The domains that someone may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every one, also those still to be made.
    All,
    /// These and no others; the folders below a folder are named one by one.
    Domains(BTreeSet<DomainId>),
}

impl Scope {
    /// Whether what lies in this domain may be seen.
    #[must_use]
    pub fn sees(&self, domain: DomainId) -> bool {
        match self {
            Self::All => true,
            Self::Domains(domains) => domains.contains(&domain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_sees_the_domains_it_names_and_no_others() {
        let scope = Scope::Domains(BTreeSet::from([DomainId(2)]));
        assert!(scope.sees(DomainId(2)));
        assert!(!scope.sees(DomainId::ROOT));
        assert!(Scope::All.sees(DomainId(3)));
    }
}
