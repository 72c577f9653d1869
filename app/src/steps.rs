//! Where keys lead in a tree that is shown line by line, as trees have it everywhere (WAI-ARIA Authoring Practices, "Tree
//! View").

use rollcall_shared::DomainId;

use crate::domains::Folder;
use crate::feed::tree::Branch;

/// A line of a tree.
pub trait Line {
    /// Whose it is.
    fn id(&self) -> DomainId;
    /// Which one it is in, of those that are seen.
    fn parent(&self) -> Option<DomainId>;
    /// Whether there are lines below it, shown or not.
    fn is_forked(&self) -> bool;
}

impl Line for Branch {
    fn id(&self) -> DomainId {
        self.id
    }

    fn parent(&self) -> Option<DomainId> {
        self.parent
    }

    fn is_forked(&self) -> bool {
        self.is_forked
    }
}

impl Line for Folder {
    fn id(&self) -> DomainId {
        self.id
    }

    fn parent(&self) -> Option<DomainId> {
        self.parent
    }

    fn is_forked(&self) -> bool {
        self.is_forked
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The keyboard goes to this line.
    To(usize),
    /// What is below the line is shown, or no more.
    Turn,
}

/// What a key does on the line at `at`. `is_open` is whether what is below that line is shown.
#[must_use]
pub fn step(lines: &[impl Line], at: usize, is_open: bool, key: &str) -> Option<Step> {
    let line = lines.get(at)?;
    let last = lines.len() - 1;
    match (key, line.is_forked(), is_open) {
        ("ArrowRight", true, false) | ("ArrowLeft", true, true) => Some(Step::Turn),
        ("ArrowDown", ..) | ("ArrowRight", true, true) => Some(Step::To((at + 1).min(last))),
        ("ArrowUp", ..) => Some(Step::To(at.saturating_sub(1))),
        ("ArrowLeft", ..) => {
            let parent = line.parent()?;
            let outer = lines.iter().position(|outer| outer.id() == parent)?;
            Some(Step::To(outer))
        }
        ("Home", ..) => Some(Step::To(0)),
        ("End", ..) => Some(Step::To(last)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: i32, parent: Option<i32>, is_forked: bool) -> Folder {
        Folder {
            id: DomainId(id),
            parent: parent.map(DomainId),
            name: String::new(),
            level: 1,
            is_forked,
        }
    }

    #[test]
    fn keys_walk_a_tree_as_trees_are_walked_everywhere() {
        let open = [
            folder(1, None, true),
            folder(3, Some(1), false),
            folder(2, Some(1), true),
            folder(4, Some(2), false),
        ];
        let closed = &open[..3];
        for (lines, at, key, expected) in [
            (&open[..], 0, "ArrowDown", Some(Step::To(1))),
            (&open, 3, "ArrowDown", Some(Step::To(3))),
            (&open, 0, "ArrowUp", Some(Step::To(0))),
            (&open, 2, "ArrowUp", Some(Step::To(1))),
            (&open, 2, "ArrowRight", Some(Step::To(3))),
            (&open, 2, "ArrowLeft", Some(Step::Turn)),
            (closed, 2, "ArrowRight", Some(Step::Turn)),
            (closed, 2, "ArrowLeft", Some(Step::To(0))),
            (&open, 3, "ArrowLeft", Some(Step::To(2))),
            (&open, 3, "ArrowRight", None),
            (&open, 0, "End", Some(Step::To(3))),
            (&open, 2, "Home", Some(Step::To(0))),
            (&open, 2, "Enter", None),
            (&open, 2, "x", None),
            (&open, 9, "Home", None),
        ] {
            let is_open = lines.len() == open.len();
            assert_eq!(step(lines, at, is_open, key), expected, "{at} {key}");
        }
        assert_eq!(step(&open, 0, false, "ArrowLeft"), None, "nothing is above it");
    }
}
