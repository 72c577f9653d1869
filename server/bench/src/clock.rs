//! The only place that reads time.

use std::time::Instant;

/// Now, by a clock that never jumps.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// The wall clock, in microseconds since 1970: what the server labels history with, on the same machine.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
#[must_use]
pub fn wall_us() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
