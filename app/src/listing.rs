//! A page of a long list, and what somebody looks for in it.
//!
//! A list of five thousand ranges is drawn a page at a time: whatever its length, the browser has a dozen lines to lay out,
//! and the fields below stay where they are.

use std::net::IpAddr;

use rollcall_shared::settings::networks::{Line, text_of};

/// How many lines a page has: what stands on a small screen beside the other fields.
pub const PAGE: usize = 12;

/// Whether a line is what somebody looks for: its text has the words in it, or its range the address.
#[must_use]
pub fn fits(line: &Line, words: &str) -> bool {
    let words = words.trim();
    if words.is_empty() {
        return true;
    }
    if let (Ok(range), Ok(address)) = (&line.entry, words.parse::<IpAddr>())
        && range.contains(address)
    {
        return true;
    }
    text_of(line).to_lowercase().contains(&words.to_lowercase())
}

/// The places of the first and, exclusively, the last line of a page; the last page where there are not so many.
#[must_use]
pub fn page(number: usize, lines: usize) -> (usize, usize) {
    let first = number.min(last_page(lines)) * PAGE;
    (first, (first + PAGE).min(lines))
}

/// The number of the last page, from 0.
#[must_use]
pub fn last_page(lines: usize) -> usize {
    lines.saturating_sub(1) / PAGE
}

#[cfg(test)]
mod tests {
    use rollcall_shared::settings::networks::Networks;

    use super::*;

    #[test]
    fn a_line_is_found_by_what_stands_in_it_and_by_an_address_that_it_covers() {
        let mut networks = Networks::default();
        networks.add("10.12.0.0/16\n2001:DB8:40::/48\nPrinter");
        for (words, found) in [
            ("", &[0, 1, 2][..]),
            (" 10.12 ", &[0]),
            ("10.12.200.7", &[0]),
            ("2001:db8:40:7::1", &[1]),
            ("DB8", &[1]),
            ("print", &[2]),
            ("10.13.0.1", &[]),
        ] {
            let places: Vec<usize> = networks
                .lines()
                .iter()
                .enumerate()
                .filter_map(|(at, line)| fits(line, words).then_some(at))
                .collect();
            assert_eq!(places, found, "{words:?}");
        }
    }

    #[test]
    fn pages_cover_every_line_once() {
        for lines in [0, 1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE, 5_000] {
            let mut covered = 0;
            for number in 0..=last_page(lines) {
                let (first, end) = page(number, lines);
                assert_eq!(first, covered, "{lines} lines, page {number}");
                covered = end;
            }
            assert_eq!(covered, lines);
            assert_eq!(page(usize::MAX, lines).1, lines);
        }
    }
}
