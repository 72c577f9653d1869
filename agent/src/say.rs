//! Lines for the person at the terminal. What a running agent has to tell goes to the log instead.

use std::io::{self, Write};

/// A line on standard output. That nobody reads it is no reason to fail.
pub(crate) fn out(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A line on standard error.
pub(crate) fn err(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
