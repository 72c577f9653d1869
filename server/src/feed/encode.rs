//! From the roster's types to the feed's bytes.

use bytes::Bytes;
use rollcall_shared::feed::{Change, Domain, Event, Row};
use serde::Serialize;

use crate::roster::{StatusChange, View, Visible};
use crate::scope::Scope;

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
