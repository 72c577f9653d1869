//! The only place of the backend that reads time and randomness. Everything else is given `now`.
//!
//! Two clocks, never mixed: *monotonic* decides (engine time is made from it), *wall* labels history.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The clocks and the random source of this process.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Duration,
    /// What a test has it go on by, in milliseconds.
    #[cfg(test)]
    ahead_ms: &'static std::sync::atomic::AtomicU64,
}

/// A moment of a run of this machine, from its start to its end: what passed between two of them is known whatever was
/// done to the wall clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineTime {
    /// Which run; empty where the machine does not say.
    pub run: String,
    /// Milliseconds since it began, the machine's sleep included.
    pub since_ms: u64,
}

impl MachineTime {
    /// How many milliseconds have passed since `earlier`; where the machine was started anew meanwhile, at least how
    /// many. Nothing where that cannot be known.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<i64> {
        if self.run.is_empty() || earlier.run.is_empty() {
            return None;
        }
        let passed = if self.run == earlier.run {
            self.since_ms.saturating_sub(earlier.since_ms)
        } else {
            self.since_ms
        };
        i64::try_from(passed).ok()
    }
}

/// The operating system gave no randomness. Nothing that needs a secret can go on.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness(#[source] getrandom::Error);

/// Time since the machine was started, its sleep included.
#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

/// Time since some point in the past. Where the machine sleeps, this may stand still.
#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::disallowed_methods,
    reason = "this module is where the monotonic clock is read"
)]
fn since_boot() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(std::time::Instant::now).elapsed()
}

impl Clock {
    /// Clocks that begin now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            start: since_boot(),
            #[cfg(test)]
            ahead_ms: Box::leak(Box::default()),
        }
    }

    /// Time since this process began, without jumps. It goes on while the machine sleeps: what it slept is blind
    /// time, and agents need time to come back after it.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        since_boot().saturating_sub(self.start) + self.ahead()
    }

    /// Nothing goes faster than time does, but in tests.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "a test's clock has a say in it")]
    const fn ahead(&self) -> Duration {
        Duration::ZERO
    }

    #[cfg(test)]
    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(std::sync::atomic::Ordering::Acquire))
    }

    /// Both clocks, and those of all copies, go on by so much at once.
    #[cfg(test)]
    pub(crate) fn goes_on(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).expect("no test lasts so long");
        self.ahead_ms
            .fetch_add(by_ms, std::sync::atomic::Ordering::AcqRel);
    }

    /// Time that the machine's processors spent on this process, all of them together.
    #[must_use]
    pub fn processors(&self) -> Duration {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(spent).unwrap_or_default()
    }

    /// A random number, good enough to spread what must not come together.
    #[must_use]
    pub fn dice(&self) -> u64 {
        // Without randomness everybody draws the same, which is only less even.
        self.random::<8>().map_or(u64::MAX / 2, u64::from_ne_bytes)
    }

    /// The time of this machine's run.
    #[must_use]
    pub fn machine(&self) -> MachineTime {
        // Linux gives each run a name; elsewhere two runs cannot be told apart.
        let run = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        MachineTime {
            run: run.trim().to_owned(),
            since_ms: u64::try_from(since_boot().as_millis()).unwrap_or(u64::MAX),
        }
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
            .and_then(|since| i64::try_from((since + self.ahead()).as_millis()).ok())
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
