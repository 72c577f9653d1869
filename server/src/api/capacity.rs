//! How many connections at once: what the process may open, less what it needs for itself.
//!
//! Past that, callers wait in the listener's queue instead of taking the database its files.

/// Files kept for the database, the log, certificates and the listeners, and for connecting to agents.
const RESERVE: usize = 128 + crate::net::CONNECTIONS;

/// What is assumed where the limit cannot be read: the customary soft limit.
const CUSTOMARY: usize = 1024;

/// Raises the limit of open files to what the process may have: an ordinary shell gives a thousand, and each agent
/// that keeps its connection takes one. Where that is refused, the limit stays.
pub fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!(files = ?limit.current, "the limit of open files cannot be raised");
    }
}

/// The most connections of this process.
#[must_use]
pub fn connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    open_files(&limits)
        .unwrap_or(CUSTOMARY)
        .saturating_sub(RESERVE)
        .clamp(RESERVE, tokio::sync::Semaphore::MAX_PERMITS)
}

/// The soft limit of open files, as the kernel tells it.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        count => count.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read_as_the_kernel_writes_it() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95928                95928                processes \n\
                      Max open files            20000                524288               files     \n";
        assert_eq!(open_files(limits), Some(20_000));
        assert_eq!(
            open_files("Max open files unlimited unlimited files"),
            Some(usize::MAX)
        );
        assert_eq!(open_files(""), None);
        assert!(connections() >= RESERVE);
    }
}
