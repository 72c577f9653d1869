//! Tests that need what not every machine has.

use std::io::Write;
use std::process::Command;

/// Says that a test is skipped, and what is missing. Where `ROLLCALL_STRICT` is set, nothing may be missing.
pub(crate) fn skipped(missing: &str) {
    assert!(
        std::env::var_os("ROLLCALL_STRICT").is_none(),
        "nothing is skipped where ROLLCALL_STRICT is set; missing: {missing}"
    );
    // Not by a macro that the test runner captures.
    let mut terminal = std::io::stderr();
    writeln!(terminal, "SKIPPED: {missing}").unwrap();
}

/// Runs a tool; where it cannot be run or fails, says how.
pub(crate) fn tool(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("`{name}` does not run: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{name}` says: {}", said.trim()))
    }
}
