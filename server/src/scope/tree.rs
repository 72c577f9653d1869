//! The agent tree: which domain is in which. No agents; those are in the roster.

use std::collections::{BTreeMap, HashMap};

use rollcall_shared::DomainId;

use super::Scope;

/// A domain of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The domain that it is in; nothing for the one that holds all.
    pub parent: Option<DomainId>,
    /// Its name.
    pub name: String,
}

/// The domains by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<DomainId, Folder>);

impl FromIterator<(DomainId, Folder)> for Tree {
    fn from_iter<T: IntoIterator<Item = (DomainId, Folder)>>(folders: T) -> Self {
        Self(folders.into_iter().collect())
    }
}

impl Tree {
    /// A domain.
    #[must_use]
    pub fn get(&self, domain: DomainId) -> Option<&Folder> {
        self.0.get(&domain)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Puts a domain in, or changes it.
    pub fn put(&mut self, domain: DomainId, folder: Folder) {
        self.0.insert(domain, folder);
    }

    /// Takes a domain out.
    pub fn remove(&mut self, domain: DomainId) {
        self.0.remove(&domain);
    }

    /// The domain itself, then those that it is in, from the inside out.
    pub fn upward(&self, domain: DomainId) -> impl Iterator<Item = DomainId> {
        let above = |domain: &DomainId| self.0.get(domain)?.parent;
        // A ring, which only a hand in the database can make, must not be walked for ever.
        std::iter::successors(Some(domain), above).take(self.0.len().max(1))
    }

    /// How many levels a domain is below the one that holds all.
    #[must_use]
    pub fn level(&self, domain: DomainId) -> usize {
        self.upward(domain).count() - 1
    }

    /// How many levels of domains are below a domain.
    #[must_use]
    pub fn levels_below(&self, domain: DomainId) -> usize {
        let within = |inner: &DomainId| self.upward(*inner).position(|above| above == domain);
        self.0.keys().filter_map(within).max().unwrap_or(0)
    }

    /// The domains right below a domain.
    pub fn children(&self, domain: DomainId) -> impl Iterator<Item = (DomainId, &Folder)> {
        self.0
            .iter()
            .filter(move |(_, folder)| folder.parent == Some(domain))
            .map(|(id, folder)| (*id, folder))
    }

    /// Whether an agent of this domain may be seen.
    #[must_use]
    pub fn sees(&self, scope: &Scope, domain: DomainId) -> bool {
        match scope {
            Scope::All => true,
            Scope::Domains(domains) => self.upward(domain).any(|above| domains.contains(&above)),
        }
    }

    /// The domains of a scope, each with the one that it is in where that is of the scope as well.
    pub fn seen(&self, scope: &Scope) -> impl Iterator<Item = (DomainId, Option<DomainId>, &str)> {
        self.0
            .iter()
            .filter(|(id, _)| self.sees(scope, **id))
            .map(|(id, folder)| {
                let parent = folder.parent.filter(|parent| self.sees(scope, *parent));
                (*id, parent, folder.name.as_str())
            })
    }

    /// What is counted of single domains, counted for each with all that is below it.
    pub fn with_below<T: Default>(
        &self,
        own: &HashMap<DomainId, T>,
        mut add: impl FnMut(&mut T, &T),
    ) -> HashMap<DomainId, T> {
        let mut whole = HashMap::new();
        for (domain, counted) in own {
            for above in self.upward(*domain) {
                add(whole.entry(above).or_default(), counted);
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// 1 holds 2 and 5, 2 holds 3, 3 holds 4.
    fn a_tree() -> Tree {
        [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, Some(1))]
            .map(|(id, parent)| {
                let folder = Folder {
                    parent: parent.map(DomainId),
                    name: format!("d{id}"),
                };
                (DomainId(id), folder)
            })
            .into_iter()
            .collect()
    }

    fn only(domain: i32) -> Scope {
        Scope::Domains(BTreeSet::from([DomainId(domain)]))
    }

    fn seen(tree: &Tree, scope: &Scope) -> Vec<(i32, Option<i32>)> {
        tree.seen(scope)
            .map(|(id, parent, _)| (id.0, parent.map(|parent| parent.0)))
            .collect()
    }

    #[test]
    fn a_limited_scope_sees_its_domain_and_what_is_below_and_no_other() {
        let tree = a_tree();
        assert_eq!(seen(&tree, &only(2)), [(2, None), (3, Some(2)), (4, Some(3))]);
        assert_eq!(seen(&tree, &only(1)).len(), 5);
        assert_eq!(seen(&tree, &only(9)), []);
        assert_eq!(seen(&tree, &Scope::All).len(), 5);
        assert!(tree.sees(&only(2), DomainId(4)) && !tree.sees(&only(2), DomainId(5)));
    }

    #[test]
    fn what_is_moved_below_is_seen_from_then_on_and_what_is_moved_away_is_not() {
        let mut tree = a_tree();
        let mut moved = |id: i32, parent: i32| {
            let name = format!("d{id}");
            let parent = Some(DomainId(parent));
            tree.put(DomainId(id), Folder { parent, name });
        };
        moved(5, 2);
        moved(3, 1);
        assert_eq!(seen(&tree, &only(2)), [(2, None), (5, Some(2))]);
    }

    #[test]
    fn levels_are_counted_from_the_one_that_holds_all() {
        let tree = a_tree();
        assert_eq!(
            [1, 2, 3, 4, 5].map(|id| tree.level(DomainId(id))),
            [0, 1, 2, 3, 1]
        );
        assert_eq!(
            [1, 2, 3, 4, 5].map(|id| tree.levels_below(DomainId(id))),
            [3, 2, 1, 0, 0]
        );
    }

    #[test]
    fn a_ring_ends_nothing() {
        let mut tree = a_tree();
        let name = String::new();
        let parent = Some(DomainId(4));
        tree.put(DomainId(2), Folder { parent, name });
        assert!(!tree.sees(&only(1), DomainId(3)));
        assert_eq!(tree.upward(DomainId(3)).count(), 5);
    }

    #[test]
    fn what_is_counted_below_is_counted_above() {
        let own = HashMap::from([(DomainId(4), 3), (DomainId(2), 1), (DomainId(5), 10)]);
        let whole = a_tree().with_below(&own, |sum, more| *sum += more);
        assert_eq!([1, 2, 3, 4, 5].map(|id| whole[&DomainId(id)]), [14, 4, 3, 3, 10]);
    }
}
