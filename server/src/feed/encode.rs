//! From the roster's types to the feed's bytes.

use bytes::Bytes;
use rollcall_shared::feed::{Change, Domain, Event, Row};
use serde::Serialize;

use crate::roster::{StatusChange, View, Visible};
use crate::scope::Scope;

/// Bytes of the longest message: what is longer is not sent. A window of 2,000 rows with the longest names, in letters of
/// four bytes each, has some 3.2 MB; the tree with 10,000 domains of such names 2.7 MB, and with a part of the rows a
/// little more.
pub const LONGEST: usize = 4 * 1024 * 1024;

/// Bytes in one part of what is sent in parts, but for what it ends with: so that the first are drawn while the last are
/// sent.
pub(super) const A_PART: usize = 128 * 1024;

/// Rows in one part: with names as most have them, that is about as many bytes.
const ROWS_A_PART: usize = 2_000;

/// Takes rows for one part off those that are left: at least one, where there is any.
pub(super) fn rows_of_part(rest: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut bytes = 0;
    let mut part = Vec::new();
    for row in rest {
        bytes += size(&row);
        part.push(row);
        if bytes >= A_PART || part.len() == ROWS_A_PART {
            break;
        }
    }
    part
}

/// How many bytes it has in a message.
pub(super) fn size(value: &impl Serialize) -> usize {
    // As in `message`: only a type that postcard cannot hold has none.
    postcard::serialize_with_flavor(value, postcard::ser_flavors::Size::default()).unwrap_or_default()
}

/// A message as bytes.
pub(super) fn message(message: &impl Serialize) -> Bytes {
    match postcard::to_allocvec(message) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => {
            // Only a type that postcard cannot hold gets here, and a test encodes every variant.
            tracing::error!(%error, "a feed message could not be encoded");
            Bytes::new()
        }
    }
}

/// How long before `now_ms` something was; nothing where clocks say that it is yet to come.
pub(super) fn ago_ms(now_ms: i64, at_ms: i64) -> u32 {
    u32::try_from(now_ms.saturating_sub(at_ms).max(0)).unwrap_or(u32::MAX)
}

/// The tree, as far as the asker may see it.
pub(super) fn domains(view: &View<'_>, scope: &Scope) -> Vec<Domain> {
    view.domains(scope)
        .map(|(id, parent, name)| Domain {
            id,
            parent,
            name: name.to_owned(),
        })
        .collect()
}

pub(super) fn row(visible: Visible) -> Row {
    let agent = visible.agent;
    Row {
        row: visible.row,
        id: agent.id,
        name: agent.name,
        domain: agent.domain,
        status: agent.status,
        since_ms: agent.since_ms,
        cause: agent.cause,
        last_contact: agent.last_contact.map(|contact| (contact.at_ms, contact.kind)),
        address: agent.address,
        agent_version: agent.agent_version,
        retired_by: agent.retired_by,
    }
}

pub(super) fn change(now_ms: i64, change: &StatusChange) -> Change {
    Change {
        row: change.row,
        to: change.to,
        cause: change.cause,
        ago_ms: ago_ms(now_ms, change.at_ms),
    }
}

pub(super) const fn event(change: &StatusChange) -> Event {
    Event {
        id: change.id,
        row: change.row,
        at_ms: change.at_ms,
        to: change.to,
        cause: change.cause,
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::Setup;
    use rollcall_shared::console_api::domains::Domain as Limits;
    use rollcall_shared::feed::ToConsole;
    use rollcall_shared::feed::table::{Happened, MOST_HAPPENED, MOST_ROWS, ToTable};
    use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status, TransitionId};

    use super::*;

    /// So many letters, of the longest kind.
    fn letters(count: usize) -> String {
        "\u{1f5a5}".repeat(count)
    }

    fn longest_row() -> Row {
        Row {
            row: u32::MAX,
            id: AgentId::from_bits(u64::MAX),
            // As `api/agent/machine.rs` has it.
            name: letters(253),
            domain: DomainId(i32::MIN),
            status: Status::Retired,
            since_ms: i64::MIN,
            cause: Cause::Deadline { after_s: u32::MAX },
            last_contact: Some((i64::MIN, ContactKind::Loopback)),
            address: Some([u16::MAX; 8].into()),
            agent_version: letters(64),
            retired_by: Some(letters(Setup::LONGEST_NAME)),
        }
    }

    fn largest_tree() -> Vec<Domain> {
        let domain = Domain {
            id: DomainId(i32::MIN),
            parent: Some(DomainId(i32::MIN)),
            name: letters(Limits::LONGEST_NAME),
        };
        vec![domain; Limits::MOST]
    }

    #[test]
    fn the_longest_of_each_message_is_sent() {
        let now_ms = i64::MIN;
        let happened = Happened {
            id: TransitionId::from_bits(u64::MAX),
            agent: AgentId::from_bits(u64::MAX),
            name: letters(253),
            at_ms: now_ms,
            to: Status::Retired,
            cause: Cause::Deadline { after_s: u32::MAX },
        };
        let rows = MOST_ROWS as usize;
        let counts = (DomainId(i32::MIN), [u32::MAX; Status::ALL.len()]);
        let longest = [
            ToTable::Tree {
                now_ms,
                domains: largest_tree(),
            },
            ToTable::Counts {
                now_ms,
                whole: true,
                counts: vec![counts; Limits::MOST],
            },
            ToTable::Happened {
                now_ms,
                whole: true,
                happened: vec![happened; MOST_HAPPENED],
            },
            ToTable::Window {
                now_ms,
                number: u32::MAX,
                total: u32::MAX,
                first: u32::MAX,
                order: Some(vec![u32::MAX; rows]),
                rows: vec![longest_row(); rows],
            },
        ];
        for message in &longest {
            assert!(size(message) < LONGEST, "{} bytes", size(message));
        }
        let first = ToConsole::Snapshot {
            sequence: u64::MAX,
            now_ms,
            first: true,
            last: false,
            domains: largest_tree(),
            rows: rows_of_part(std::iter::repeat(longest_row())),
            transitions: Vec::new(),
        };
        assert!(size(&first) < LONGEST, "{} bytes", size(&first));
    }

    #[test]
    fn a_part_has_at_least_one_row_and_no_more_than_fit() {
        let short = Row {
            name: String::new(),
            last_contact: None,
            address: None,
            agent_version: String::new(),
            retired_by: None,
            ..longest_row()
        };
        let huge = Row {
            name: letters(A_PART),
            ..longest_row()
        };
        for (row, count) in [(short, ROWS_A_PART), (huge, 1)] {
            assert_eq!(rows_of_part(std::iter::repeat(row)).len(), count);
        }
        let part = rows_of_part(std::iter::repeat(longest_row()));
        let bytes: usize = part.iter().map(size).sum();
        assert_eq!(
            bytes / size(&longest_row()),
            A_PART.div_ceil(size(&longest_row()))
        );
        assert!(rows_of_part(std::iter::empty()).is_empty());
    }
}
