//! The only place of the backend that reads time and randomness. Everything else is given `now`.
//!
//! Two clocks, never mixed: *monotonic* decides (engine time is made from it), *wall* labels history.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks and the random source of this process.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

/// The operating system gave no randomness. Nothing that needs a secret can go on.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness(#[source] getrandom::Error);

impl Clock {
    /// Clocks that begin now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where the monotonic clock is read"
    )]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Time since this process began, without jumps.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where the monotonic clock is read"
    )]
    pub fn monotonic(&self) -> Duration {
        Instant::now().saturating_duration_since(self.start)
    }

    /// Milliseconds since 1970 in UTC; 0 where the machine's clock stands before that.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where the wall clock is read"
    )]
    pub fn wall_ms(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .unwrap_or(0)
    }

    /// Random bytes from the operating system, good enough for secrets.
    ///
    /// # Errors
    /// Where the operating system has none.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where randomness is drawn"
    )]
    pub fn random<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0_u8; N];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        Ok(bytes)
    }
}
