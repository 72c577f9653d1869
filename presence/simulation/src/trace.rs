//! What happened, a line each: the last of it for people, all of it as one number that tells two runs apart.

use core::fmt;
use std::collections::VecDeque;
use std::fmt::Write;

/// Lines that are kept to be shown with a violation.
const KEPT: usize = 30;

/// The trace of a run.
#[derive(Debug)]
pub(crate) struct Trace {
    lines: VecDeque<String>,
    hash: u64,
    /// Whether all of it is kept.
    whole: bool,
}

impl Trace {
    pub(crate) const fn new(whole: bool) -> Self {
        Self {
            lines: VecDeque::new(),
            // FNV-1a.
            hash: 0xcbf2_9ce4_8422_2325,
            whole,
        }
    }

    /// Notes what happened `at` microseconds.
    pub(crate) fn note(&mut self, at: u64, what: fmt::Arguments<'_>) {
        let mut line = if self.whole || self.lines.len() < KEPT {
            String::new()
        } else {
            self.lines.pop_front().unwrap_or_default()
        };
        line.clear();
        // Writing to a string does not fail.
        let _ = write!(line, "{:>7}.{:06} {what}", at / 1_000_000, at % 1_000_000);
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.lines.push_back(line);
    }

    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}
