//! Time for tests against real processes: patience, and the clock that observer and server share.
//!
//! Nothing here is slept for: a test waits until something is so, and gives up only when it can no longer be.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longer than anything may take on a machine that is busy with other things: a limit against hanging, no bound.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How exact a label is, held against the machine's wall clock: the server compares its clocks when it starts, and
/// again only where they have parted by so much (`server/src/engine/labels.rs`).
pub(crate) const LABEL_MS: i64 = 50;

/// How exact two labels are, held against each other: each is cut to a millisecond.
pub(crate) const CUT_MS: i64 = 1;

/// Between two looks: often enough to add nothing to what is waited for, seldom enough to cost nothing.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Milliseconds since 1970: the wall clock of the machine, which labels the server's transitions too.
#[expect(
    clippy::disallowed_methods,
    reason = "an observer outside the server reads the clock itself"
)]
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// The monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "an observer outside the server reads the clock itself"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Looks again and again until there is something to see, and gives it; panics with `what` where there never is.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::park_timeout(LOOK_AGAIN);
    }
}

/// The same for a condition.
pub(crate) fn until_so(what: &str, mut is_so: impl FnMut() -> bool) {
    until(what, || is_so().then_some(()));
}

/// Lets time pass: for spans that are themselves what a test is about (an absence, a stall, a life).
pub(crate) fn pass(span: Duration) {
    let began = now();
    while let Some(rest) = span.checked_sub(began.elapsed()) {
        std::thread::park_timeout(rest);
    }
}
