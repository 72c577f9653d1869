//! Many ranges as people hold them: read from what they paste, and freed of overlaps.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{AddressRange, NotARange};

/// A range that lay in others, or overlapped them, and became part of one with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Merged {
    /// What was given.
    pub given: AddressRange,
    /// What it is part of now.
    pub into: AddressRange,
}

/// The same addresses in ranges that do not overlap, in the order in which they were given; and what was merged.
/// Neighbours that only touch stay two: somebody wrote them as two.
#[must_use]
pub fn merge(ranges: &[AddressRange]) -> (Vec<AddressRange>, Vec<Merged>) {
    let mut order: Vec<usize> = (0..ranges.len()).collect();
    order.sort_by_key(|&at| {
        let (first, last) = ranges[at].bounds();
        // Of two that begin together the larger first, so that the other lies in it; then as they were given.
        (first, core::cmp::Reverse(last), at)
    });
    // Each with the places of those that it is made of; the place of the earliest is its own.
    let mut groups: Vec<(AddressRange, Vec<usize>)> = Vec::with_capacity(ranges.len());
    for at in order {
        let range = ranges[at];
        match groups.last_mut() {
            Some((group, members)) if range.bounds().0 <= group.bounds().1 => {
                *group = group.joined(&range);
                members.push(at);
            }
            _ => groups.push((range, alloc::vec![at])),
        }
    }
    let mut merged = Vec::new();
    let mut kept: Vec<(usize, AddressRange)> = groups
        .into_iter()
        .map(|(group, mut members)| {
            members.sort_unstable();
            // One of them may be the whole already: that one was not merged into anything.
            let whole = members.iter().copied().find(|&at| ranges[at] == group);
            for &at in members.iter().filter(|&&at| Some(at) != whole) {
                merged.push((
                    at,
                    Merged {
                        given: ranges[at],
                        into: group,
                    },
                ));
            }
            (whole.unwrap_or(members[0]), group)
        })
        .collect();
    kept.sort_unstable_by_key(|&(at, _)| at);
    merged.sort_unstable_by_key(|&(at, _)| at);
    (
        kept.into_iter().map(|(_, range)| range).collect(),
        merged.into_iter().map(|(_, one)| one).collect(),
    )
}

/// A text in a list that is no range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub error: NotARange,
}

/// Reads a list as people have it: a column of a spreadsheet, lines, or separated by commas or semicolons. Two
/// addresses in neighbouring cells of a row are the first and the last of a range. Empty cells are passed over.
#[must_use]
pub fn read_list(text: &str) -> Vec<Result<AddressRange, Refused>> {
    let mut read = Vec::new();
    for row in text.split(['\n', '\r', ',', ';']) {
        let cells: Vec<&str> = row
            .split('\t')
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        if let [first, last] = cells[..]
            && let (Ok(IpAddr::V4(_)), Ok(IpAddr::V4(_))) = (first.parse(), last.parse())
        {
            read.push(entry(&format!("{first}-{last}")));
            continue;
        }
        read.extend(cells.into_iter().map(entry));
    }
    read
}

fn entry(text: &str) -> Result<AddressRange, Refused> {
    text.parse().map_err(|error| Refused {
        text: text.chars().take(100).collect(),
        error,
    })
}

/// What is wrong with the ranges of a field that takes at most `most`.
pub(crate) fn too_many(field: &str, given: usize, most: usize) -> Option<crate::FieldError> {
    (given > most).then(|| {
        crate::FieldError::new(
            field,
            "There are too many ranges.",
            format!("at most {most} ranges"),
            format!("{given} ranges"),
        )
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::range::Network;

    fn list(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_overlaps_becomes_one_and_is_named() {
        let pairs = |texts: &[(&str, &str)]| -> Vec<Merged> {
            let read = |text: &str| text.parse().unwrap();
            texts
                .iter()
                .map(|&(given, into)| Merged {
                    given: read(given),
                    into: read(into),
                })
                .collect()
        };
        for (given, kept, merged) in [
            (
                vec!["10.0.0.0/8", "10.2.0.0/16"],
                vec!["10.0.0.0/8"],
                vec![("10.2.0.0/16", "10.0.0.0/8")],
            ),
            (
                vec!["10.2.0.0/16", "10.0.0.0/8"],
                vec!["10.0.0.0/8"],
                vec![("10.2.0.0/16", "10.0.0.0/8")],
            ),
            (
                vec!["10.0.0.5-10.0.0.20", "fd00::/8", "10.0.0.1-10.0.0.9"],
                vec!["10.0.0.1-10.0.0.20", "fd00::/8"],
                vec![
                    ("10.0.0.5-10.0.0.20", "10.0.0.1-10.0.0.20"),
                    ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.20"),
                ],
            ),
            (
                vec!["10.1.2.3", "10.1.2.3"],
                vec!["10.1.2.3"],
                vec![("10.1.2.3", "10.1.2.3")],
            ),
            (
                vec!["fd12::/16", "fd00::/8"],
                vec!["fd00::/8"],
                vec![("fd12::/16", "fd00::/8")],
            ),
            (
                vec!["10.0.0.0/24", "10.0.1.0/24"],
                vec!["10.0.0.0/24", "10.0.1.0/24"],
                vec![],
            ),
            (vec!["::/0", "10.0.0.0/8"], vec!["::/0", "10.0.0.0/8"], vec![]),
            (
                vec!["0.0.0.0/0", "255.255.255.255"],
                vec!["0.0.0.0/0"],
                vec![("255.255.255.255", "0.0.0.0/0")],
            ),
        ] {
            assert_eq!(merge(&list(&given)), (list(&kept), pairs(&merged)), "{given:?}");
        }
    }

    #[test]
    fn a_list_is_read_as_people_have_it() {
        let text = "10.0.0.0/8\r\n 10.1.2.3 ,fd00::/8;\n\n192.168.1.10\t192.168.1.20\n10.0.0.5/8\n10.9.9.9\tprinter\n";
        let read: Vec<String> = read_list(text)
            .into_iter()
            .map(|entry| match entry {
                Ok(range) => range.to_string(),
                Err(refused) => format!("!{}", refused.text),
            })
            .collect();
        assert_eq!(
            read,
            [
                "10.0.0.0/8",
                "10.1.2.3",
                "fd00::/8",
                "192.168.1.10-192.168.1.20",
                "!10.0.0.5/8",
                "10.9.9.9",
                "!printer"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn merging_changes_no_answer(
            spans in proptest::collection::vec((0u32..64, 0u32..16), 0..12),
            asked in 0u32..90,
        ) {
            let ranges: Vec<AddressRange> = spans
                .iter()
                .map(|&(first, more)| AddressRange::V4 { first: first.into(), last: (first + more).into() })
                .collect();
            let (kept, merged) = merge(&ranges);
            let address = IpAddr::V4(asked.into());
            proptest::prop_assert_eq!(
                Network::new(&ranges).contains(address),
                kept.iter().any(|range| range.contains(address))
            );
            for pair in kept.windows(2) {
                proptest::prop_assert!(pair[0] != pair[1]);
            }
            proptest::prop_assert!(kept.len() + merged.len() >= ranges.len());
            proptest::prop_assert_eq!(merge(&kept).1, vec![]);
        }
    }
}
