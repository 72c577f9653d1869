//! Saying what was not run: a test that cannot run here is never passed in silence.

use std::io::Write as _;

/// Says it where the person who runs the test looks: not by a macro that the harness captures.
pub(crate) fn say(line: &str) {
    let mut terminal = std::io::stderr();
    let _ = writeln!(terminal, "{line}");
}

/// Notes a line for the end of `make test`, which reads the file; alone, a test has only its output to say it in.
fn report(line: &str) {
    if let Some(folder) = std::env::var_os("ROLLCALL_REPORT") {
        let folder = std::path::Path::new(&folder);
        std::fs::create_dir_all(folder).unwrap();
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("days.skipped"))
            .unwrap();
        // In one write, since tests run beside each other.
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Notes that a test was skipped, since this machine lacks what it could have. Where `ROLLCALL_STRICT` is set nothing
/// may be lacking.
pub(crate) fn skipped(test: &str, missing: &str) {
    note(test, missing);
    assert!(
        std::env::var_os("ROLLCALL_STRICT").is_none(),
        "nothing is skipped where ROLLCALL_STRICT is set; missing: {missing}"
    );
}

/// The same where the system forbids it, to root too: that is as it is where `ROLLCALL_CONFINED` says so.
pub(crate) fn forbidden(test: &str, right: &str) {
    if std::env::var_os("ROLLCALL_CONFINED").is_some() {
        note(test, right);
    } else {
        skipped(test, right);
    }
}

fn note(test: &str, missing: &str) {
    let missing = missing.replace('\n', " ");
    say(&format!("SKIPPED {test}: {missing}"));
    report(&format!("{test}: {missing}"));
}

/// Whether the test runs as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
