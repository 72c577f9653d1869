//! Which domains somebody may see. Lists, counts and the feed are all cut to it.

use std::collections::BTreeSet;

use rollcall_shared::DomainId;

/// The domains that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of them, also those made later.
    All,
    /// These and no others.
    Domains(BTreeSet<DomainId>),
}

impl Scope {
    /// Whether an agent of this domain may be seen.
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
    fn a_limited_scope_sees_its_domains_and_no_others() {
        let scope = Scope::Domains(BTreeSet::from([DomainId(2)]));
        assert!(scope.sees(DomainId(2)));
        assert!(!scope.sees(DomainId(1)));
        assert!(Scope::All.sees(DomainId(1)));
    }
}
