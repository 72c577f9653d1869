//! What the feed shows: whose row is which, and what changed, from its messages.

use std::collections::HashMap;

use rollcall_shared::feed::{Change, Row, ToConsole};
use rollcall_shared::{AgentId, Status};

/// What a message says of the agents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    /// Agents that are seen for the first time, with their status.
    pub(crate) first: Vec<(AgentId, Status)>,
    /// Changes, oldest first.
    pub(crate) changes: Vec<(AgentId, Status)>,
    /// Whether a snapshot is whole with it.
    pub(crate) whole: bool,
    /// Whether something was missed, so that a snapshot is to be asked for.
    pub(crate) resync: bool,
}

/// The rows of one connection, and what was last seen of each agent.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    rows: HashMap<u32, AgentId>,
    statuses: HashMap<AgentId, Status>,
    /// Of the latest message; nothing until a snapshot is whole.
    sequence: Option<u64>,
}

impl Picture {
    /// Takes a message in. What a snapshot shows otherwise than it was last seen changed while nobody looked.
    pub(crate) fn take(&mut self, message: ToConsole) -> Shown {
        let mut shown = Shown::default();
        match message {
            ToConsole::Snapshot {
                sequence,
                first,
                last,
                rows,
                ..
            } => {
                if first {
                    self.rows.clear();
                    self.sequence = None;
                }
                for row in &rows {
                    self.row(row, &mut shown);
                }
                if last {
                    self.sequence = Some(sequence);
                    shown.whole = true;
                }
            }
            ToConsole::Delta {
                sequence,
                rows,
                changes,
                ..
            } => {
                if self.follows(sequence, 1, &mut shown) {
                    self.delta(&rows, &changes, &mut shown);
                }
            }
            ToConsole::Pulse { sequence, .. } => {
                self.follows(sequence, 0, &mut shown);
            }
            ToConsole::Hello { .. } | ToConsole::Contacts { .. } | ToConsole::Rollouts { .. } => {}
        }
        shown
    }

    /// Whether a message follows the one before; where not, that is said once.
    fn follows(&mut self, sequence: u64, step: u64, shown: &mut Shown) -> bool {
        let Some(at) = self.sequence else {
            return false;
        };
        let follows = sequence == at + step;
        shown.resync = !follows;
        self.sequence = follows.then_some(sequence);
        follows
    }

    fn delta(&mut self, rows: &[Row], changes: &[Change], shown: &mut Shown) {
        let told: std::collections::HashSet<u32> = changes.iter().map(|change| change.row).collect();
        for row in rows {
            if told.contains(&row.row) {
                // Its status is that after the changes.
                self.rows.insert(row.row, row.id);
            } else {
                self.row(row, shown);
            }
        }
        for change in changes {
            if let Some(id) = self.rows.get(&change.row).copied() {
                self.statuses.insert(id, change.to);
                shown.changes.push((id, change.to));
            }
        }
    }

    fn row(&mut self, row: &Row, shown: &mut Shown) {
        self.rows.insert(row.row, row.id);
        match self.statuses.insert(row.id, row.status) {
            None => shown.first.push((row.id, row.status)),
            Some(before) if before != row.status => shown.changes.push((row.id, row.status)),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::Cause;
    use rollcall_shared::id::DomainId;

    use super::*;

    fn row(row: u32, status: Status) -> Row {
        Row {
            row,
            id: AgentId::from_bits(u64::from(row) + 100),
            name: String::new(),
            domain: DomainId::ROOT,
            status,
            since_ms: 0,
            cause: Cause::Enrolled,
            last_contact: None,
            address: None,
            agent_version: String::new(),
            retired_by: None,
        }
    }

    fn snapshot(sequence: u64, first: bool, last: bool, rows: Vec<Row>) -> ToConsole {
        ToConsole::Snapshot {
            sequence,
            now_ms: 0,
            first,
            last,
            domains: Vec::new(),
            rows,
            transitions: Vec::new(),
        }
    }

    fn delta(sequence: u64, rows: Vec<Row>, changes: &[(u32, Status)]) -> ToConsole {
        let change = |(row, to): &(u32, Status)| Change {
            row: *row,
            to: *to,
            cause: Cause::Retired,
            ago_ms: 0,
        };
        ToConsole::Delta {
            sequence,
            now_ms: 0,
            domains: None,
            rows,
            moved: Vec::new(),
            gone: Vec::new(),
            changes: changes.iter().map(change).collect(),
        }
    }

    const fn id(row: u64) -> AgentId {
        AgentId::from_bits(row + 100)
    }

    #[test]
    fn a_snapshot_is_whole_with_its_last_part_and_changes_follow() {
        let mut picture = Picture::default();
        let one = picture.take(snapshot(4, true, false, vec![row(0, Status::Pending)]));
        assert_eq!((one.first, one.whole), (vec![(id(0), Status::Pending)], false));
        let two = picture.take(snapshot(4, false, true, vec![row(1, Status::Online)]));
        assert_eq!((two.first, two.whole), (vec![(id(1), Status::Online)], true));
        let changes = [(0, Status::Online), (1, Status::Offline), (1, Status::Online)];
        let shown = picture.take(delta(5, vec![row(0, Status::Online)], &changes));
        let expected = [
            (id(0), Status::Online),
            (id(1), Status::Offline),
            (id(1), Status::Online),
        ];
        assert_eq!(
            (shown.changes.as_slice(), shown.resync),
            (expected.as_slice(), false)
        );
    }

    #[test]
    fn what_was_missed_is_seen_in_the_next_snapshot() {
        let mut picture = Picture::default();
        picture.take(snapshot(
            4,
            true,
            true,
            vec![row(0, Status::Online), row(1, Status::Online)],
        ));
        assert!(picture.take(delta(6, Vec::new(), &[(0, Status::Offline)])).resync);
        // Said once; until the snapshot, nothing is believed.
        assert_eq!(
            picture.take(delta(7, Vec::new(), &[(0, Status::Offline)])),
            Shown::default()
        );
        // The rows of another connection are other ones.
        let mut moved = row(1, Status::Offline);
        moved.id = id(0);
        let shown = picture.take(snapshot(9, true, true, vec![moved]));
        assert_eq!(
            (shown.changes, shown.first),
            (vec![(id(0), Status::Offline)], Vec::new())
        );
    }

    #[test]
    fn an_agent_that_appears_is_seen_for_the_first_time() {
        let mut picture = Picture::default();
        picture.take(snapshot(4, true, true, Vec::new()));
        let shown = picture.take(delta(5, vec![row(3, Status::Pending)], &[]));
        assert_eq!(shown.first, [(id(3), Status::Pending)]);
    }
}
