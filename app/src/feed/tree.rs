//! The agent tree as the server told it, and how many agents of each status are in each domain.

use std::collections::{HashMap, HashSet};

use rollcall_shared::feed::Domain;
use rollcall_shared::{DomainId, Status};

/// How many agents have each status.
pub type Counts = [usize; Status::ALL.len()];

/// One line of the tree, as it stands under the one above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Which domain.
    pub id: DomainId,
    /// The one that it is in, of those that are seen.
    pub parent: Option<DomainId>,
    /// Its name.
    pub name: String,
    /// How deep it stands: 1 at the top.
    pub level: usize,
    /// Whether there are domains below it.
    pub is_forked: bool,
    /// How many agents are in it and below.
    pub counts: Counts,
}

/// The tree.
#[derive(Debug, Default)]
pub struct Tree {
    domains: Vec<Domain>,
    counts: HashMap<DomainId, Counts>,
}

impl Tree {
    /// Takes the domains as they are now.
    pub(super) fn plant(&mut self, mut domains: Vec<Domain>) {
        domains.sort_by(|left, right| crate::table::natural::compare(&left.name, &right.name));
        self.domains = domains;
    }

    /// Counts an agent that came, or takes off one that went.
    pub(super) fn count(&mut self, domain: DomainId, status: Status, came: bool) {
        let count = &mut self.counts.entry(domain).or_default()[status as usize];
        *count = if came { *count + 1 } else { count.saturating_sub(1) };
    }

    /// The name of a domain.
    #[must_use]
    pub fn name(&self, domain: DomainId) -> Option<&str> {
        let found = self.domains.iter().find(|known| known.id == domain)?;
        Some(&found.name)
    }

    /// A domain and all below it.
    #[must_use]
    pub fn below(&self, domain: DomainId) -> HashSet<DomainId> {
        let mut below = HashSet::from([domain]);
        loop {
            let before = below.len();
            for known in &self.domains {
                if known.parent.is_some_and(|parent| below.contains(&parent)) {
                    below.insert(known.id);
                }
            }
            if below.len() == before {
                return below;
            }
        }
    }

    /// The lines of the tree from the top down; none below a domain that is `closed`.
    #[must_use]
    pub fn branches(&self, closed: impl Fn(DomainId) -> bool) -> Vec<Branch> {
        let mut inner: HashMap<Option<DomainId>, Vec<&Domain>> = HashMap::new();
        for domain in &self.domains {
            inner.entry(domain.parent).or_default().push(domain);
        }
        let mut branches = Vec::with_capacity(self.domains.len());
        self.grow(&inner, None, 1, true, &closed, &mut branches);
        branches
    }

    /// Adds what is in a domain, and answers how many agents are there.
    fn grow(
        &self,
        inner: &HashMap<Option<DomainId>, Vec<&Domain>>,
        parent: Option<DomainId>,
        level: usize,
        is_open: bool,
        closed: &impl Fn(DomainId) -> bool,
        branches: &mut Vec<Branch>,
    ) -> Counts {
        let mut sum = Counts::default();
        for domain in inner.get(&parent).into_iter().flatten() {
            let at = branches.len();
            if is_open {
                branches.push(Branch {
                    id: domain.id,
                    parent,
                    name: domain.name.clone(),
                    level,
                    is_forked: inner.contains_key(&Some(domain.id)),
                    counts: Counts::default(),
                });
            }
            let opens = is_open && !closed(domain.id);
            let mut own = self.grow(inner, Some(domain.id), level + 1, opens, closed, branches);
            add(&mut own, self.counts.get(&domain.id));
            if is_open {
                branches[at].counts = own;
            }
            add(&mut sum, Some(&own));
        }
        sum
    }

    /// How many agents are in a domain and below.
    #[must_use]
    pub fn counts_below(&self, domain: DomainId) -> Counts {
        let mut sum = Counts::default();
        for domain in self.below(domain) {
            add(&mut sum, self.counts.get(&domain));
        }
        sum
    }
}

fn add(sum: &mut Counts, more: Option<&Counts>) {
    for (count, more) in sum.iter_mut().zip(more.into_iter().flatten()) {
        *count += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_tree() -> Tree {
        let mut tree = Tree::default();
        let domain = |(id, parent, name): (i32, Option<i32>, &str)| Domain {
            id: DomainId(id),
            parent: parent.map(DomainId),
            name: name.to_owned(),
        };
        let domains = [
            (1, None, "All"),
            (2, Some(1), "site-10"),
            (3, Some(1), "site-9"),
            (4, Some(2), "hall"),
        ];
        tree.plant(domains.map(domain).into());
        for (domain, status) in [
            (1, Status::Online),
            (4, Status::Online),
            (4, Status::Retired),
            (3, Status::Offline),
        ] {
            tree.count(DomainId(domain), status, true);
        }
        tree
    }

    fn told(branches: &[Branch]) -> Vec<(&str, usize, bool, usize)> {
        branches
            .iter()
            .map(|branch| {
                let online = branch.counts[Status::Online as usize];
                (branch.name.as_str(), branch.level, branch.is_forked, online)
            })
            .collect()
    }

    #[test]
    fn branches_stand_by_name_below_their_parents_with_what_is_below_counted() {
        let tree = a_tree();
        assert_eq!(
            told(&tree.branches(|_| false)),
            [
                ("All", 1, true, 2),
                ("site-9", 2, false, 0),
                ("site-10", 2, true, 1),
                ("hall", 3, false, 1)
            ]
        );
        assert_eq!(
            told(&tree.branches(|id| id == DomainId(2))),
            [
                ("All", 1, true, 2),
                ("site-9", 2, false, 0),
                ("site-10", 2, true, 1)
            ]
        );
    }

    #[test]
    fn below_a_domain_is_the_domain_itself_and_all_in_it() {
        let tree = a_tree();
        assert_eq!(tree.below(DomainId(2)), HashSet::from([DomainId(2), DomainId(4)]));
        assert_eq!(tree.counts_below(DomainId(2))[Status::Retired as usize], 1);
        assert_eq!(tree.counts_below(DomainId(9)), Counts::default());
    }

    #[test]
    fn who_may_not_see_the_top_sees_the_tops_of_what_they_may_see() {
        let mut tree = a_tree();
        let domain = Domain {
            id: DomainId(4),
            parent: None,
            name: "hall".to_owned(),
        };
        tree.plant(vec![domain]);
        assert_eq!(told(&tree.branches(|_| false)), [("hall", 1, false, 1)]);
    }
}
