//! Lines for whoever runs it: the summary on standard output, all that is said on the way on standard error.

use std::io::{self, Write};

/// A line on standard output. That nobody reads it is no reason to fail.
pub(crate) fn out(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A line on standard error.
pub(crate) fn err(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
