//! Saying what was not run: a test that cannot run here is never passed in silence.

use std::io::Write as _;
use std::process::Command;

/// Notes that a test was skipped, since this machine lacks what it could have. Where `ROLLCALL_STRICT` is set nothing
/// may be lacking.
pub(crate) fn skipped(test: &str, missing: &str) {
    note(test, missing);
    assert!(
        std::env::var_os("ROLLCALL_STRICT").is_none(),
        "nothing is skipped where ROLLCALL_STRICT is set; missing: {missing}"
    );
}

/// The same where the system forbids it: that is as it is where `ROLLCALL_CONFINED` says so.
pub(crate) fn forbidden(test: &str, right: &str) {
    if std::env::var_os("ROLLCALL_CONFINED").is_some() {
        note(test, right);
    } else {
        skipped(test, right);
    }
}

/// Says it where the person who runs the test looks, and notes a line for the end of `make test`: of a test that
/// passes the runner shows nothing.
fn note(test: &str, missing: &str) {
    let missing = missing.replace('\n', " ");
    // Not by a macro that the test harness captures.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {missing}");
    if let Some(folder) = std::env::var_os("ROLLCALL_REPORT") {
        let folder = std::path::Path::new(&folder);
        std::fs::create_dir_all(folder).unwrap();
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("unit.skipped"))
            .unwrap();
        // In one write, since tests run beside each other.
        file.write_all(format!("{test}: {missing}\n").as_bytes()).unwrap();
    }
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
