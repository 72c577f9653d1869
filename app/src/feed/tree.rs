//! The agent tree as the server told it, and how many agents of each status are in each domain.
//!
//! Its lines stand from the top down, each domain before all that is in it, so what is below a domain is one stretch of
//! them: to filter a hundred thousand rows is to compare numbers.

use core::ops::Range;
use std::collections::HashMap;

use rollcall_shared::feed::Domain;
use rollcall_shared::status::Presence;
use rollcall_shared::{DomainId, Status};

use rollcall_shared::natural;

/// How many agents have each status.
pub type Counts = [usize; Status::ALL.len()];

/// One line of the tree, as it is drawn.
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

impl Branch {
    /// How many of its agents are online.
    #[must_use]
    pub fn online(&self) -> usize {
        self.counted(|status| status.presence() == Some(Presence::Online))
    }

    /// How many there are that were not retired.
    #[must_use]
    pub fn all(&self) -> usize {
        self.counted(|status| status != Status::Retired)
    }

    fn counted(&self, which: fn(Status) -> bool) -> usize {
        let counts = Status::ALL.into_iter().zip(self.counts);
        counts
            .filter(|(status, _)| which(*status))
            .map(|(_, count)| count)
            .sum()
    }
}

/// A domain where it stands.
#[derive(Debug)]
struct Line {
    domain: Domain,
    level: usize,
    /// One past the last line of what is in it.
    end: usize,
}

/// What is known of a domain by its number, whether or not it is seen.
#[derive(Debug, Default)]
struct Known {
    counts: Counts,
    line: Option<usize>,
}

/// The tree.
#[derive(Debug, Default)]
pub struct Tree {
    lines: Vec<Line>,
    known: HashMap<DomainId, Known>,
}

impl Tree {
    /// Takes the domains as they are now.
    pub(crate) fn plant(&mut self, mut domains: Vec<Domain>) {
        domains.sort_unstable_by(|left, right| {
            let by_parent = left.parent.cmp(&right.parent);
            by_parent.then_with(|| natural::compare(&left.name, &right.name))
        });
        self.lines.clear();
        grow(&domains, None, 1, &mut self.lines);
        for known in self.known.values_mut() {
            known.line = None;
        }
        for (at, line) in self.lines.iter().enumerate() {
            self.known.entry(line.domain.id).or_default().line = Some(at);
        }
    }

    /// Takes how many agents are in a domain itself. Gives how many there were before.
    pub(super) fn count(&mut self, domain: DomainId, now: Counts) -> Counts {
        core::mem::replace(&mut self.known.entry(domain).or_default().counts, now)
    }

    /// No domain has any agents, until they are counted anew.
    pub(super) fn forget_counts(&mut self) {
        for known in self.known.values_mut() {
            known.counts = Counts::default();
        }
    }

    /// The line of a domain, counted from the top.
    #[must_use]
    pub fn line(&self, domain: DomainId) -> Option<usize> {
        self.known.get(&domain)?.line
    }

    /// The lines of a domain and all below it; none where it is not seen.
    #[must_use]
    pub fn below(&self, domain: DomainId) -> Range<usize> {
        self.line(domain).map_or(0..0, |at| at..self.lines[at].end)
    }

    /// The name of a domain.
    #[must_use]
    pub fn name(&self, domain: DomainId) -> Option<&str> {
        Some(&self.lines[self.line(domain)?].domain.name)
    }

    /// The domains that one is in, from itself up.
    pub fn upwards(&self, domain: DomainId) -> impl Iterator<Item = &Domain> {
        let at = |id: DomainId| Some(&self.lines[self.line(id)?].domain);
        core::iter::successors(at(domain), move |inner| at(inner.parent?))
    }

    /// Where a domain is: `Oslo › Branch 12`. The one that holds all is named only where it is meant.
    #[must_use]
    pub fn path(&self, domain: DomainId) -> String {
        let mut path = String::new();
        for outer in self.upwards(domain) {
            if path.is_empty() {
                path.push_str(&outer.name);
            } else if outer.id != DomainId::ROOT {
                path.insert_str(0, " › ");
                path.insert_str(0, &outer.name);
            }
        }
        path
    }

    /// The lines of the tree from the top down; none below a domain that is `closed`.
    #[must_use]
    pub fn branches(&self, closed: impl Fn(DomainId) -> bool) -> Vec<Branch> {
        self.drawn(&closed)
    }

    // Not generic, so that it is in the bundle once.
    fn drawn(&self, closed: &dyn Fn(DomainId) -> bool) -> Vec<Branch> {
        let sums = self.sums();
        let mut branches = Vec::new();
        let mut at = 0;
        while let Some(Line { domain, level, end }) = self.lines.get(at) {
            let is_forked = *end > at + 1;
            branches.push(Branch {
                id: domain.id,
                parent: domain.parent,
                name: domain.name.clone(),
                level: *level,
                is_forked,
                counts: core::array::from_fn(|status| sums[*end][status] - sums[at][status]),
            });
            at = if is_forked && closed(domain.id) {
                *end
            } else {
                at + 1
            };
        }
        branches
    }

    /// For each line, and for the end: how many agents are in those above it.
    fn sums(&self) -> Vec<Counts> {
        let mut sum = Counts::default();
        let mut sums = vec![sum];
        for line in &self.lines {
            for (sum, own) in sum.iter_mut().zip(self.own(line)) {
                *sum += own;
            }
            sums.push(sum);
        }
        sums
    }

    fn own(&self, line: &Line) -> Counts {
        self.known
            .get(&line.domain.id)
            .map_or_else(Counts::default, |known| known.counts)
    }

    /// How many agents of a status are in a domain and below.
    #[must_use]
    pub fn count_below(&self, domain: DomainId, status: Status) -> usize {
        let lines = &self.lines[self.below(domain)];
        lines.iter().map(|line| self.own(line)[status as usize]).sum()
    }
}

/// Adds what is in a domain. The domains stand by their parents.
fn grow(domains: &[Domain], parent: Option<DomainId>, level: usize, lines: &mut Vec<Line>) {
    let first = domains.partition_point(|domain| domain.parent < parent);
    for domain in domains[first..]
        .iter()
        .take_while(|domain| domain.parent == parent)
    {
        let at = lines.len();
        lines.push(Line {
            domain: domain.clone(),
            level,
            end: 0,
        });
        grow(domains, Some(domain.id), level + 1, lines);
        lines[at].end = lines.len();
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
            (4, Some(2), "hall"),
            (2, Some(1), "site-10"),
            (1, None, "All"),
            (3, Some(1), "site-9"),
        ];
        tree.plant(domains.map(domain).into());
        for (domain, statuses) in [
            (1, &[Status::Online][..]),
            (4, &[Status::UnreachableOnline, Status::Retired]),
            (3, &[Status::Offline]),
        ] {
            let counts = Status::ALL.map(|status| usize::from(statuses.contains(&status)));
            tree.count(DomainId(domain), counts);
        }
        tree
    }

    fn told(branches: &[Branch]) -> Vec<(&str, usize, bool, usize, usize)> {
        branches
            .iter()
            .map(|branch| {
                let (online, all) = (branch.online(), branch.all());
                (branch.name.as_str(), branch.level, branch.is_forked, online, all)
            })
            .collect()
    }

    #[test]
    fn branches_stand_by_name_below_their_parents_with_what_is_below_counted() {
        let tree = a_tree();
        assert_eq!(
            told(&tree.branches(|_| false)),
            [
                ("All", 1, true, 2, 3),
                ("site-9", 2, false, 0, 1),
                ("site-10", 2, true, 1, 1),
                ("hall", 3, false, 1, 1)
            ]
        );
        assert_eq!(
            told(&tree.branches(|id| id == DomainId(2))),
            [
                ("All", 1, true, 2, 3),
                ("site-9", 2, false, 0, 1),
                ("site-10", 2, true, 1, 1)
            ]
        );
    }

    #[test]
    fn below_a_domain_is_the_domain_itself_and_all_in_it() {
        let tree = a_tree();
        let is_below = |inner: i32, outer: i32| {
            let line = tree.line(DomainId(inner)).unwrap();
            tree.below(DomainId(outer)).contains(&line)
        };
        assert!(is_below(2, 2) && is_below(4, 2) && is_below(4, 1));
        assert!(!is_below(3, 2) && !is_below(1, 2) && !is_below(2, 4));
        assert_eq!(tree.count_below(DomainId(2), Status::Retired), 1);
        assert_eq!(tree.count_below(DomainId(9), Status::Online), 0);
        assert!(tree.below(DomainId(9)).is_empty());
    }

    #[test]
    fn a_path_names_what_a_domain_is_in_but_for_what_holds_all() {
        let tree = a_tree();
        assert_eq!(tree.path(DomainId(4)), "site-10 › hall");
        assert_eq!(tree.path(DomainId(1)), "All");
        assert_eq!(tree.path(DomainId(9)), "");
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
        assert_eq!(told(&tree.branches(|_| false)), [("hall", 1, false, 1, 1)]);
        assert_eq!(tree.line(DomainId(2)), None);
    }
}
