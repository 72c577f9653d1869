//! The only place that reads time.

use std::time::Instant;

/// Now, by a clock that never jumps.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}
