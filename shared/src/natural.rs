//! Compares names as people do: without regard to case, and numbers by their value, so that `atm-9` comes
//! before `atm-31`.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Which of two names comes first.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let (mut at_left, mut at_right) = (0, 0);
    loop {
        match (left.get(at_left), right.get(at_right)) {
            (None, None) => return left.cmp(right),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(l), Some(r)) if l.is_ascii_digit() && r.is_ascii_digit() => {
                let (l, r) = (number(&left[at_left..]), number(&right[at_right..]));
                let (bare_l, bare_r) = (without_zeros(l), without_zeros(r));
                // Without leading zeros, the longer number is the greater one.
                let by_value = bare_l.len().cmp(&bare_r.len()).then_with(|| bare_l.cmp(bare_r));
                if by_value != Ordering::Equal {
                    return by_value;
                }
                at_left += l.len();
                at_right += r.len();
            }
            (Some(l), Some(r)) => {
                let by_letter = l.to_ascii_lowercase().cmp(&r.to_ascii_lowercase());
                if by_letter != Ordering::Equal {
                    return by_letter;
                }
                at_left += 1;
                at_right += 1;
            }
        }
    }
}

/// The keys of many names: compared byte by byte they stand as [`compare`] puts the names, but for names that differ only in
/// case or in leading zeros, whose keys are alike. Made once, they spare a sort reading each name some thirty times.
#[derive(Debug, Default)]
pub struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends, and the next begins.
    ends: Vec<usize>,
}

impl Keys {
    /// Those of these names, in their order.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut keys = Self::default();
        for name in names {
            keys.write(name.as_bytes());
            keys.ends.push(keys.bytes.len());
        }
        keys
    }

    /// Which of the names by these numbers comes first.
    #[must_use]
    pub fn compare(&self, left: usize, right: usize) -> Ordering {
        self.key(left).cmp(self.key(right))
    }

    fn key(&self, number: usize) -> &[u8] {
        let end = self.ends.get(number).copied().unwrap_or_default();
        let begin = number.checked_sub(1).and_then(|before| self.ends.get(before));
        self.bytes
            .get(begin.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }

    fn write(&mut self, name: &[u8]) {
        let mut rest = name;
        while let Some((first, after)) = rest.split_first() {
            if first.is_ascii_digit() {
                let digits = number(rest);
                let bare = without_zeros(digits);
                // A digit, as letters see it; then the length, since the longer number is the greater one.
                self.bytes.push(b'0');
                self.bytes.push(u8::try_from(bare.len()).unwrap_or(u8::MAX));
                self.bytes.extend_from_slice(bare);
                rest = &rest[digits.len()..];
            } else {
                self.bytes.push(first.to_ascii_lowercase());
                rest = after;
            }
        }
    }
}

/// The digits that a text begins with.
fn number(text: &[u8]) -> &[u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &text[..digits]
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use alloc::string::String;

    use super::*;

    /// Without what keys do not tell apart: case, and zeros that a number begins with.
    fn bare(name: &str) -> String {
        let mut bare = String::new();
        for letter in name.to_ascii_lowercase().chars() {
            if letter == '0' && !bare.ends_with(|before: char| before.is_ascii_digit()) {
                // Stands for a number that has begun, of which nothing is left so far.
                if !bare.ends_with('#') {
                    bare.push('#');
                }
            } else {
                if letter.is_ascii_digit()
                    && !bare.ends_with(|before: char| before.is_ascii_digit() || before == '#')
                {
                    bare.push('#');
                }
                bare.push(letter);
            }
        }
        bare
    }

    proptest! {
        #[test]
        fn keys_stand_as_their_names_do(names in prop::collection::vec("[aAbB0-9é. -]{0,8}", 2..20)) {
            let keys = Keys::of(names.iter().map(String::as_str));
            for (left, left_name) in names.iter().enumerate() {
                for (right, right_name) in names.iter().enumerate() {
                    let by_keys = keys.compare(left, right);
                    if by_keys == Ordering::Equal {
                        // Nothing but case and leading zeros may be left to tell them apart.
                        prop_assert_eq!(bare(left_name), bare(right_name));
                    } else {
                        prop_assert_eq!(by_keys, compare(left_name, right_name), "{} {}", left_name, right_name);
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_count_by_value_and_letters_without_case() {
        let mut names = ["atm-31", "ATM-9", "atm-0009b", "atm", "build-1", "atm-9a", "Zug"];
        names.sort_by(|left, right| compare(left, right));
        assert_eq!(
            names,
            ["atm", "ATM-9", "atm-9a", "atm-0009b", "atm-31", "build-1", "Zug"]
        );
    }

    #[test]
    fn names_that_differ_are_never_equal() {
        assert_ne!(compare("a1", "a01"), Ordering::Equal);
        assert_ne!(compare("a", "A"), Ordering::Equal);
        assert_eq!(compare("é-1", "é-1"), Ordering::Equal);
    }
}
