//! What columns hold, to and from the words of the whole program.
//!
//! A value that no release writes is an error that names its column, never a guess.

use std::net::IpAddr;

use rollcall_shared::console_api::{BlindReason, NotificationState, Subject, Way};
use rollcall_shared::{AgentId, BootId, Cause, ContactKind, DomainId, Status, TransitionId, UserId};

use super::{Hash, StoreError};

fn corrupt(column: &'static str, value: &(impl ToString + ?Sized)) -> StoreError {
    StoreError::Corrupt {
        column,
        value: value.to_string(),
    }
}

/// The id of an agent; stored ids are never negative.
pub(super) fn agent_id(value: i64) -> Result<AgentId, StoreError> {
    let bits = u64::try_from(value).map_err(|_| corrupt("agents.id", &value))?;
    Ok(AgentId::from_bits(bits))
}

/// The id of a transition.
pub(super) fn transition_id(value: i64) -> Result<TransitionId, StoreError> {
    let bits = u64::try_from(value).map_err(|_| corrupt("transitions.id", &value))?;
    Ok(TransitionId::from_bits(bits))
}

/// The id of a person.
pub(super) fn user_id(value: i64) -> Result<UserId, StoreError> {
    let bits = u64::try_from(value).map_err(|_| corrupt("users.id", &value))?;
    Ok(UserId::from_bits(bits))
}

/// The id of a domain.
pub(super) fn domain_id(value: i64) -> Result<DomainId, StoreError> {
    i32::try_from(value)
        .map(DomainId)
        .map_err(|_| corrupt("domains.id", &value))
}

/// A count or a version.
pub(super) fn count(column: &'static str, value: i64) -> Result<u32, StoreError> {
    number(column, value)
}

/// A number of a type that does not reach as far as its column.
pub(super) fn number<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| corrupt(column, &value))
}

/// A boot id.
pub(super) fn boot(value: i64) -> Result<BootId, StoreError> {
    u32::try_from(value)
        .ok()
        .and_then(BootId::from_bits)
        .ok_or_else(|| corrupt("agents.boot", &value))
}

/// A status, by its key.
pub(super) fn status(column: &'static str, key: &str) -> Result<Status, StoreError> {
    Status::from_key(key).ok_or_else(|| corrupt(column, key))
}

/// A cause, by its key.
pub(super) fn cause(column: &'static str, key: &str) -> Result<Cause, StoreError> {
    key.parse().map_err(|_| corrupt(column, key))
}

/// The last contact of an agent: both columns, or neither.
pub(super) fn last_contact(
    at_ms: Option<i64>,
    kind: Option<&str>,
) -> Result<Option<(i64, ContactKind)>, StoreError> {
    match (at_ms, kind) {
        (Some(at_ms), Some(key)) => ContactKind::from_key(key)
            .map(|kind| Some((at_ms, kind)))
            .ok_or_else(|| corrupt("agents.last_contact_kind", key)),
        _ => Ok(None),
    }
}

/// Why the server was blind, by its key.
pub(super) fn blind_reason(key: &str) -> Result<BlindReason, StoreError> {
    BlindReason::from_key(key).ok_or_else(|| corrupt("blind_spans.reason", key))
}

/// How far a notification has got.
pub(super) fn notification_state(key: &str) -> Result<NotificationState, StoreError> {
    NotificationState::from_key(key).ok_or_else(|| corrupt("notifications.state", key))
}

/// How an agent was told.
pub(super) fn way(key: &str) -> Result<Way, StoreError> {
    Way::from_key(key).ok_or_else(|| corrupt("notifications.way", key))
}

/// What a notification is about.
pub(super) fn subject(text: &str) -> Result<Subject, StoreError> {
    text.parse().map_err(|_| corrupt("notifications.subject", text))
}

/// An address.
pub(super) fn address(column: &'static str, text: &str) -> Result<IpAddr, StoreError> {
    text.parse().map_err(|_| corrupt(column, text))
}

/// Addresses with commas between them; none where there is nothing.
pub(super) fn addresses(column: &'static str, text: Option<&str>) -> Result<Vec<IpAddr>, StoreError> {
    let texts = text.into_iter().flat_map(|text| text.split(','));
    texts.map(|text| address(column, text)).collect()
}

/// What [`addresses`] reads.
pub(super) fn of_addresses(addresses: &[IpAddr]) -> Option<String> {
    let texts: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

/// A hash. Its bytes are not shown, also not where they are wrong.
pub(super) fn hash(column: &'static str, bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes
        .try_into()
        .map_err(|_| corrupt(column, &format_args!("{} bytes instead of 32", bytes.len())))
}

/// Refuses what Postgres cannot hold; on `SQLite` too, so that a database can move from one to the other.
pub(super) fn storable(field: &'static str, text: &str) -> Result<(), StoreError> {
    if text.contains('\0') {
        return Err(StoreError::Unstorable { field });
    }
    Ok(())
}
