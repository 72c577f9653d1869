//! What a simulation found.

use core::fmt;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule, by its number in `docs/PRESENCE.md`.
    pub rule: u8,
    /// What was seen and what had to be.
    pub what: String,
}

impl Violation {
    /// That this rule did not hold.
    pub(crate) fn of(rule: u8, what: impl Into<String>) -> Self {
        Self {
            rule,
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule {}: {}", self.rule, self.what)
    }
}

/// Fails with a violation of `rule` where `seen` is not `due`.
pub(crate) fn same<T: PartialEq + fmt::Debug>(
    rule: u8,
    what: &str,
    seen: &T,
    due: &T,
) -> Result<(), Violation> {
    if seen == due {
        Ok(())
    } else {
        Err(Violation::of(rule, format!("{what}: seen {seen:?}, due {due:?}")))
    }
}
