//! The agent tree as its page shows it: which lines are in sight, where a domain is, and where it can go.

use std::collections::{HashMap, HashSet};

use rollcall_shared::DomainId;

use crate::feed::tree::{Counts, Tree};

/// How many lines are drawn: more than anybody reads, and as many as a browser draws at once without a halt.
pub const MOST_LINES: usize = 500;

/// A tree of so many domains is shown with all of them open.
pub const SMALL: usize = 100;

/// Stands between the names of a path.
const BETWEEN: &str = " › ";

/// A domain in the order of the tree, without what changes all the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Which.
    pub id: DomainId,
    /// The one that it is in, of those that are seen.
    pub parent: Option<DomainId>,
    /// Its name.
    pub name: String,
    /// How deep it stands: 1 at the top.
    pub level: usize,
    /// Whether there are domains below it.
    pub is_forked: bool,
}

/// All domains of the tree from the top down, and how many agents are in each and below.
#[must_use]
pub fn read(tree: &Tree) -> (Vec<Folder>, HashMap<DomainId, Counts>) {
    let branches = tree.branches(|_| false);
    let counts = branches.iter().map(|branch| (branch.id, branch.counts)).collect();
    let folders = branches.into_iter().map(|branch| Folder {
        id: branch.id,
        parent: branch.parent,
        name: branch.name,
        level: branch.level,
        is_forked: branch.is_forked,
    });
    (folders.collect(), counts)
}

/// The one of that number.
#[must_use]
pub fn find(folders: &[Folder], id: DomainId) -> Option<&Folder> {
    folders.iter().find(|folder| folder.id == id)
}

/// Those above a domain, the nearest first.
pub fn above(folders: &[Folder], id: DomainId) -> impl Iterator<Item = &Folder> {
    let parent = |id| find(folders, find(folders, id)?.parent?);
    core::iter::successors(parent(id), move |folder| parent(folder.id))
}

/// A domain and all below it, each with its name.
#[must_use]
pub fn within(folders: &[Folder], id: DomainId) -> HashMap<DomainId, &str> {
    let mut rest = folders.iter().skip_while(|folder| folder.id != id);
    let Some(top) = rest.next() else {
        return HashMap::new();
    };
    let below = rest.take_while(|folder| folder.level > top.level);
    core::iter::once(top)
        .chain(below)
        .map(|folder| (folder.id, folder.name.as_str()))
        .collect()
}

/// Where a domain is: `All › Europe`; empty at the top.
#[must_use]
pub fn place(folders: &[Folder], id: DomainId) -> String {
    let mut names: Vec<&str> = above(folders, id).map(|folder| folder.name.as_str()).collect();
    names.reverse();
    names.join(BETWEEN)
}

/// The lines in sight: of a tree that is searched those that fit and all above them, else those that are in an open one.
#[must_use]
pub fn in_sight(folders: &[Folder], search: &str, is_open: impl Fn(&Folder) -> bool) -> Vec<Folder> {
    let wanted = search.trim().to_lowercase();
    if !wanted.is_empty() {
        let mut kept = HashSet::new();
        let mut way = Vec::new();
        for folder in folders {
            way.truncate(folder.level - 1);
            way.push(folder.id);
            if folder.name.to_lowercase().contains(&wanted) {
                kept.extend(way.iter().copied());
            }
        }
        let kept = folders.iter().filter(|folder| kept.contains(&folder.id));
        return kept.cloned().collect();
    }
    let mut lines: Vec<Folder> = Vec::new();
    // Deeper than this is within one that is closed.
    let mut deepest = usize::MAX;
    for folder in folders {
        if folder.level <= deepest {
            deepest = if is_open(folder) { usize::MAX } else { folder.level };
            lines.push(folder.clone());
        }
    }
    lines
}

/// Where a domain can be put: anywhere but where it is, into itself and below itself; those whose name or place fits.
#[must_use]
pub fn targets(folders: &[Folder], moved: &Folder, search: &str) -> Vec<(DomainId, String)> {
    let wanted = search.trim().to_lowercase();
    let mut targets = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    let mut deepest = usize::MAX;
    for folder in folders {
        way.truncate(folder.level - 1);
        way.push(&folder.name);
        if folder.level > deepest {
            continue;
        }
        deepest = usize::MAX;
        if folder.id == moved.id {
            deepest = folder.level;
        } else if moved.parent != Some(folder.id) {
            let path = way.join(BETWEEN);
            if path.to_lowercase().contains(&wanted) {
                targets.push((folder.id, path));
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_tree() -> Vec<Folder> {
        [
            (1, None, "All", 1, true),
            (2, Some(1), "Europe", 2, true),
            (3, Some(2), "Berlin", 3, true),
            (4, Some(3), "Mitte", 4, false),
            (5, Some(2), "Paris", 3, false),
            (6, Some(1), "Lagos", 2, false),
        ]
        .map(
            |(id, parent, name, level, is_forked): (i32, Option<i32>, &str, usize, bool)| Folder {
                id: DomainId(id),
                parent: parent.map(DomainId),
                name: name.to_owned(),
                level,
                is_forked,
            },
        )
        .into()
    }

    fn names(lines: &[Folder]) -> Vec<&str> {
        lines.iter().map(|line| line.name.as_str()).collect()
    }

    #[test]
    fn what_is_in_a_closed_one_is_out_of_sight() {
        let tree = a_tree();
        let but_europe = |folder: &Folder| folder.id != DomainId(2);
        assert_eq!(
            names(&in_sight(&tree, "", but_europe)),
            ["All", "Europe", "Lagos"]
        );
        assert_eq!(in_sight(&tree, " ", |_| true), tree);
        assert_eq!(names(&in_sight(&tree, "", |_| false)), ["All"]);
    }

    #[test]
    fn what_is_searched_for_is_shown_where_it_is() {
        let tree = a_tree();
        assert_eq!(
            names(&in_sight(&tree, " MITTE", |_| false)),
            ["All", "Europe", "Berlin", "Mitte"]
        );
        assert!(in_sight(&tree, "nowhere", |_| true).is_empty());
    }

    #[test]
    fn a_domain_goes_anywhere_but_where_it_is_and_below_itself() {
        let tree = a_tree();
        let paths = |moved: usize, search: &str| -> Vec<String> {
            let targets = targets(&tree, &tree[moved], search);
            targets.into_iter().map(|(_, path)| path).collect()
        };
        assert_eq!(paths(2, ""), ["All", "All › Europe › Paris", "All › Lagos"]);
        assert_eq!(paths(1, ""), ["All › Lagos"]);
        assert_eq!(
            paths(5, "europe › b"),
            ["All › Europe › Berlin", "All › Europe › Berlin › Mitte"]
        );
    }

    #[test]
    fn a_place_is_told_from_the_top() {
        let tree = a_tree();
        assert_eq!(place(&tree, DomainId(4)), "All › Europe › Berlin");
        assert_eq!(place(&tree, DomainId(1)), "");
        assert_eq!(place(&tree, DomainId(99)), "");
    }

    #[test]
    fn within_a_domain_is_all_below_it_and_nothing_beside_it() {
        let tree = a_tree();
        let mut ids: Vec<i32> = within(&tree, DomainId(2)).into_keys().map(|id| id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, [2, 3, 4, 5]);
        assert_eq!(
            within(&tree, DomainId(6)),
            HashMap::from([(DomainId(6), "Lagos")])
        );
        assert!(within(&tree, DomainId(99)).is_empty());
    }
}
