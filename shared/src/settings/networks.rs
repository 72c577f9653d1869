//! The list of ranges while somebody edits it: what could be read, what could not and waits to be corrected in its place,
//! and what was merged.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Field, Settings};
use crate::console_api::Listens;
use crate::problem::FieldError;
use crate::range::{self, AddressRange, Merged, Refused};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name, by which it is found again however the list changes.
    pub key: u32,
    /// What stands in it.
    pub entry: Result<AddressRange, Refused>,
}

/// The list. The ranges in it never overlap: those that would are merged as they come.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    lines: Vec<Line>,
    next: u32,
}

impl PartialEq for Networks {
    /// Whether the same stands in both; keys are of no account.
    fn eq(&self, other: &Self) -> bool {
        self.lines.len() == other.lines.len()
            && self
                .lines
                .iter()
                .zip(&other.lines)
                .all(|(line, other)| line.entry == other.entry)
    }
}

impl Eq for Networks {}

/// What became of a text that was added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// How many ranges were read from it.
    pub read: usize,
    /// How many entries of it are none.
    pub refused: usize,
    /// What overlapped, in it and in the list before.
    pub merged: Vec<Merged>,
}

impl Networks {
    /// The list of these ranges.
    #[must_use]
    pub fn of(ranges: &[AddressRange]) -> Self {
        let mut networks = Self::default();
        for range in ranges {
            networks.push(Ok(*range));
        }
        networks
    }

    /// The lines, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line of that key.
    #[must_use]
    pub fn line(&self, key: u32) -> Option<&Line> {
        self.lines.iter().find(|line| line.key == key)
    }

    /// The ranges in it that could be read.
    #[must_use]
    pub fn ranges(&self) -> Vec<AddressRange> {
        self.lines
            .iter()
            .filter_map(|line| line.entry.as_ref().ok().copied())
            .collect()
    }

    /// Adds what somebody typed or pasted, at the end.
    pub fn add(&mut self, text: &str) -> Added {
        let end = self.lines.len();
        self.put(end, text)
    }

    /// Puts what a text says in the place of a line.
    pub fn rewrite(&mut self, key: u32, text: &str) -> Added {
        let Some(at) = self.lines.iter().position(|line| line.key == key) else {
            return Added::default();
        };
        self.lines.remove(at);
        self.put(at, text)
    }

    /// Takes a line out.
    pub fn remove(&mut self, key: u32) {
        self.lines.retain(|line| line.key != key);
    }

    /// Takes out every line that is no range.
    pub fn remove_refused(&mut self) {
        self.lines.retain(|line| line.entry.is_ok());
    }

    /// What is wrong with it on a server that listens on these families: each with the key of its line, and none for what
    /// is wrong with the whole. The fields name the lines by their place.
    #[must_use]
    pub fn refusals(&self, listens: Listens) -> Vec<(Option<u32>, FieldError)> {
        let field = Field::UnreachableNetwork.key();
        let whole = range::too_many(field, self.lines.len(), Settings::MOST_RANGES);
        let lines = self.lines.iter().enumerate().filter_map(|(at, line)| {
            let refusal = match &line.entry {
                Ok(range) => super::judgement::foreign(listens, at, range)?,
                Err(refused) => FieldError::new(
                    format!("{field}[{at}]"),
                    format!("{}", refused.error),
                    listens.allowed(),
                    refused.text.clone(),
                ),
            };
            Some((Some(line.key), refusal))
        });
        whole
            .into_iter()
            .map(|refusal| (None, refusal))
            .chain(lines)
            .collect()
    }

    fn put(&mut self, at: usize, text: &str) -> Added {
        let entries = range::read_list(text);
        let refused = entries.iter().filter(|entry| entry.is_err()).count();
        let read = entries.len() - refused;
        let behind = self.lines.split_off(at.min(self.lines.len()));
        for entry in entries {
            self.push(entry);
        }
        self.lines.extend(behind);
        Added {
            read,
            refused,
            merged: self.settle(),
        }
    }

    fn push(&mut self, entry: Result<AddressRange, Refused>) {
        self.lines.push(Line {
            key: self.next,
            entry,
        });
        self.next = self.next.wrapping_add(1);
    }

    /// Merges the ranges that overlap; each stands where the first of those stood that it was made of.
    fn settle(&mut self) -> Vec<Merged> {
        let (kept, merged) = range::merge_in_place(&self.ranges());
        if !merged.is_empty() {
            let mut kept = kept.into_iter().peekable();
            let mut place = 0;
            self.lines.retain_mut(|line| {
                if line.entry.is_err() {
                    return true;
                }
                let stays = kept.next_if(|(at, _)| *at == place);
                place += 1;
                if let Some((_, range)) = stays {
                    line.entry = Ok(range);
                }
                stays.is_some()
            });
        }
        merged
    }
}

/// A text for each line: what is edited, and what is copied.
#[must_use]
pub fn text_of(line: &Line) -> String {
    match &line.entry {
        Ok(range) => format!("{range}"),
        Err(refused) => refused.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(networks: &Networks) -> Vec<String> {
        networks.lines().iter().map(text_of).collect()
    }

    #[test]
    fn a_pasted_column_is_taken_whole_and_what_is_no_range_stays_in_its_place() {
        let mut networks = Networks::of(&["10.0.0.0/8".parse().unwrap()]);
        let added = networks.add("172.16.0.0/12\nprinter\n10.2.0.0/16\n192.168.1.9/24\n");
        assert_eq!((added.read, added.refused, added.merged.len()), (2, 2, 1));
        assert_eq!(
            texts(&networks),
            ["10.0.0.0/8", "172.16.0.0/12", "printer", "192.168.1.9/24"]
        );
        let refusals = networks.refusals(Listens::Both);
        let fields: Vec<&str> = refusals
            .iter()
            .map(|(_, refusal)| refusal.field.as_str())
            .collect();
        assert_eq!(fields, ["unreachable_network[2]", "unreachable_network[3]"]);

        let key = networks.lines()[3].key;
        assert_eq!(networks.rewrite(key, "192.168.1.0/24").read, 1);
        let key = networks.lines()[2].key;
        networks.rewrite(key, "10.7.0.0/16, 11.0.0.1");
        assert_eq!(
            texts(&networks),
            ["10.0.0.0/8", "172.16.0.0/12", "11.0.0.1", "192.168.1.0/24"]
        );
        assert_eq!(networks.refusals(Listens::Both), []);
    }

    #[test]
    fn a_wider_range_takes_the_place_of_the_first_that_it_swallows() {
        let mut networks = Networks::default();
        networks.add("10.1.0.0/16, x, 10.2.0.0/16, 11.0.0.0/8");
        let first = networks.lines()[0].key;
        let added = networks.add("10.0.0.0-10.1.255.255\n10.1.255.0-10.2.0.9");
        assert_eq!(texts(&networks), ["10.0.0.0-10.2.255.255", "x", "11.0.0.0/8"]);
        assert_eq!(networks.lines()[0].key, first);
        assert_eq!(added.merged.len(), 4);
    }

    #[test]
    fn keys_name_lines_and_are_no_part_of_what_stands_in_them() {
        let mut one = Networks::default();
        one.add("10.0.0.0/8, 11.0.0.0/8");
        one.remove(one.lines()[0].key);
        let other = Networks::of(&["11.0.0.0/8".parse().unwrap()]);
        assert_eq!(one, other);
        assert_ne!(one.lines()[0].key, other.lines()[0].key);
        one.add("x");
        assert_ne!(one, other);
        one.remove_refused();
        assert_eq!(one, other);
    }
}
