//! How many connections this process may hold: the limit of open files, less what else it opens.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no agents' connections: standard streams, the file of identities, the timer, the feed.
const RESERVE: u64 = 32;

/// How many connections there are for the agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// How many are to be opened.
    pub(crate) connections: u32,
    /// The limit that is in the way; nothing where none is.
    pub(crate) limit: Option<u64>,
}

impl Room {
    /// For so many agents that were to have so many connections, where the process may open so many files. More
    /// connections than agents would be idle.
    pub(crate) fn within(open_files: Option<u64>, wanted: u32, agents: u32) -> Self {
        let wanted = wanted.min(agents).max(1);
        let Some(open_files) = open_files else {
            return Self {
                connections: wanted,
                limit: None,
            };
        };
        let there = u32::try_from(open_files.saturating_sub(RESERVE))
            .unwrap_or(u32::MAX)
            .max(1);
        Self {
            connections: wanted.min(there),
            limit: (there < wanted).then_some(open_files),
        }
    }
}

/// Raises the soft limit of open files to the hard one, and says how many files may be open; nothing where there is no
/// limit.
pub(crate) fn open_files() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_connections_than_agents_and_files() {
        let room = |open, wanted, agents| Room::within(open, wanted, agents);
        assert_eq!(
            room(Some(20_000), 256, 10_000),
            Room {
                connections: 256,
                limit: None
            }
        );
        assert_eq!(
            room(Some(20_000), 256, 10),
            Room {
                connections: 10,
                limit: None
            }
        );
        assert_eq!(
            room(Some(20_000), 100_000, 100_000),
            Room {
                connections: 19_968,
                limit: Some(20_000)
            }
        );
        assert_eq!(
            room(None, 100_000, 100_000),
            Room {
                connections: 100_000,
                limit: None
            }
        );
        assert_eq!(room(Some(3), 5, 5).connections, 1);
    }
}
