//! The agent tree as it stands on a screen, from the top down: each domain before all that is in it, and those beside
//! each other by name. So what is below a domain is one stretch of lines, and to ask for it is to compare numbers.

use std::collections::HashMap;
use std::ops::Range;

use rollcall_shared::DomainId;
use rollcall_shared::feed::Domain;
use rollcall_shared::natural;

/// Which lines each domain has: its own first, then those of what is in it.
#[derive(Debug, Default)]
pub(super) struct Lines(HashMap<DomainId, Range<u32>>);

impl Lines {
    /// Those of these domains. One that is in a domain which is not among them has none.
    pub(super) fn of(mut domains: Vec<Domain>) -> Self {
        domains.sort_unstable_by(|left, right| {
            let by_parent = left.parent.cmp(&right.parent);
            by_parent
                .then_with(|| natural::compare(&left.name, &right.name))
                .then_with(|| left.id.cmp(&right.id))
        });
        let inside = |parent: Option<DomainId>| {
            let first = domains.partition_point(|domain| domain.parent < parent);
            let inside = domains[first..].iter();
            inside.take_while(move |domain| domain.parent == parent)
        };
        let mut lines = HashMap::with_capacity(domains.len());
        // Those that are begun and not ended yet, from the outside in: no recursion, however deep the tree is.
        let mut begun = vec![(None, 0, inside(None))];
        let mut line = 0;
        while let Some((outer, first, rest)) = begun.last_mut() {
            if let Some(domain) = rest.next() {
                begun.push((Some(domain.id), line, inside(Some(domain.id))));
                line += 1;
            } else {
                if let Some(outer) = *outer {
                    lines.insert(outer, *first..line);
                }
                begun.pop();
            }
        }
        Self(lines)
    }

    /// The line of a domain, counted from the top.
    pub(super) fn line(&self, domain: DomainId) -> Option<u32> {
        self.0.get(&domain).map(|lines| lines.start)
    }

    /// The lines of a domain and of all below it; none where it is not seen.
    pub(super) fn below(&self, domain: DomainId) -> Range<u32> {
        self.0.get(&domain).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(domains: &[(i32, Option<i32>, &str)]) -> Lines {
        let domain = |(id, parent, name): &(i32, Option<i32>, &str)| Domain {
            id: DomainId(*id),
            parent: parent.map(DomainId),
            name: (*name).to_owned(),
        };
        Lines::of(domains.iter().map(domain).collect())
    }

    #[test]
    fn each_domain_stands_before_what_is_in_it_and_by_name_beside_others() {
        let lines = lines(&[
            (4, Some(2), "hall"),
            (2, Some(1), "site-10"),
            (1, None, "All"),
            (3, Some(1), "site-9"),
        ]);
        let stands = [1, 3, 2, 4].map(|id| lines.below(DomainId(id)));
        assert_eq!(stands, [0..4, 1..2, 2..4, 3..4]);
        assert_eq!(lines.line(DomainId(9)), None);
        assert!(lines.below(DomainId(9)).is_empty());
    }

    #[test]
    fn a_ring_and_what_hangs_in_the_air_have_no_lines() {
        let lines = lines(&[
            (1, None, "All"),
            (2, Some(3), "ring"),
            (3, Some(2), "ring"),
            (4, Some(9), "air"),
        ]);
        assert_eq!(
            [1, 2, 3, 4].map(|id| lines.line(DomainId(id))),
            [Some(0), None, None, None]
        );
    }
}
