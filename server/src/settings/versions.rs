//! Reads the versions of the settings back.

use std::time::Duration;

use rollcall_presence::Rulebook;
use rollcall_shared::Settings;
use rollcall_shared::console_api::{PassedOver, SettingsVersion};
use serde_json::{Map, Value};

use super::SettingsError;
use crate::store::settings::SettingsRecord;
use crate::store::{Store, StoreError};

/// The versions, as they are in the database.
pub(super) struct History {
    /// The newest that can be read.
    pub(super) current: SettingsVersion,
    /// The rules of all that can be read.
    pub(super) rulebook: Rulebook,
    /// The greatest version of all.
    pub(super) greatest: u32,
    /// The newest that cannot be read, where it is newer than the one in force.
    pub(super) passed_over: Option<PassedOver>,
}

/// What is noted of a version that stands for those that cannot be used.
const INSTEAD: &str = "No version in the database could be used: these are the server's own.";

/// What every document has, whichever release wrote it. One without is not of a release but of an editor, and what it
/// leaves out by mistake must not be set to its default.
const ALWAYS: [&str; 3] = ["heartbeat_every", "offline_after", "poll_every"];

/// Reads them, writing `first` as version 1 where there are none, and as the next one where none can be used.
pub(super) async fn read(
    store: &Store,
    first: &Settings,
    minute: Duration,
    now_ms: i64,
) -> Result<History, SettingsError> {
    let of_the_server = SettingsRecord {
        version: 1,
        document: String::new(),
        saved_at_ms: now_ms,
        author: None,
        note: None,
    };
    if store.settings().current().await?.is_none() {
        let document = serde_json::to_string(first)?;
        // Another server may have been first; then its document is read below.
        let first = SettingsRecord {
            document,
            ..of_the_server.clone()
        };
        store.settings().append(first).await?;
    }
    let mut found: Option<(SettingsVersion, Rulebook)> = None;
    let mut unreadable = None;
    let mut greatest = 0;
    for record in store.settings().all().await? {
        greatest = record.version;
        match version(record, minute) {
            Ok(read) => {
                let rulebook = match &found {
                    Some((_, rulebook)) => rulebook.with(read.version, &read.settings),
                    None => Rulebook::new(read.version, &read.settings, minute),
                };
                found = Some((read, rulebook));
            }
            Err(PassedOver { version, reason }) => {
                tracing::error!(
                    version,
                    reason,
                    "a version of the settings cannot be used: passed over"
                );
                unreadable = Some(PassedOver { version, reason });
            }
        }
    }
    match (found, unreadable) {
        (Some((current, rulebook)), unreadable) => Ok(History {
            passed_over: unreadable.filter(|one| one.version > current.version),
            current,
            rulebook,
            greatest,
        }),
        (None, Some(unreadable)) => {
            let instead = SettingsRecord {
                version: greatest + 1,
                document: serde_json::to_string(first)?,
                note: Some(INSTEAD.to_owned()),
                ..of_the_server
            };
            // Another server may have been first, with the same.
            store.settings().append(instead.clone()).await?;
            Ok(History {
                rulebook: Rulebook::new(instead.version, first, minute),
                greatest: instead.version,
                current: of(instead, first.clone(), minute),
                passed_over: Some(unreadable),
            })
        }
        // The row that was just written is gone: somebody cleared the table meanwhile.
        (None, None) => Ok(History {
            current: of(of_the_server, first.clone(), minute),
            rulebook: Rulebook::new(1, first, minute),
            greatest: 1,
            passed_over: None,
        }),
    }
}

/// A version as people are told it, or why its document cannot be lived by: it is none, or it says what may not be
/// saved. Somebody edited it, or a newer release wrote it.
///
/// # Errors
/// What is wrong with it.
pub fn version(record: SettingsRecord, minute: Duration) -> Result<SettingsVersion, PassedOver> {
    let passed_over = |reason| PassedOver {
        version: record.version,
        reason,
    };
    check_fields(&record.document).map_err(passed_over)?;
    let settings: Settings =
        serde_json::from_str(&record.document).map_err(|error| passed_over(error.to_string()))?;
    match settings.refusals().into_iter().next() {
        Some(refusal) => Err(passed_over(format!("{}: {}", refusal.field, refusal.detail))),
        None => Ok(of(record, settings, minute)),
    }
}

/// Agents pass over what they do not know; who has to keep a document may not: the next save would lose it.
fn check_fields(document: &str) -> Result<(), String> {
    let given: Map<String, Value> = serde_json::from_str(document).map_err(|error| error.to_string())?;
    let known = serde_json::to_value(Settings::default()).map_err(|error| error.to_string())?;
    if let Some(unknown) = given.keys().find(|field| known.get(field).is_none()) {
        return Err(format!("{unknown}: this release knows no such setting"));
    }
    match ALWAYS.iter().find(|field| !given.contains_key(**field)) {
        Some(missing) => Err(format!("{missing}: it is missing")),
        None => Ok(()),
    }
}

/// The version of this document.
pub(super) fn of(record: SettingsRecord, settings: Settings, minute: Duration) -> SettingsVersion {
    SettingsVersion {
        version: record.version,
        settings,
        saved_at_ms: record.saved_at_ms,
        author: record.author,
        note: record.note,
        minute_ms: u32::try_from(minute.as_millis()).unwrap_or(u32::MAX),
    }
}

/// The versions after this one, oldest first; without its document where that cannot be read.
pub(super) async fn after(
    store: &Store,
    last: u32,
    minute: Duration,
) -> Result<Vec<(u32, Option<SettingsVersion>)>, StoreError> {
    let records = store.settings().all().await?;
    let newer = records.into_iter().filter(|record| record.version > last);
    Ok(newer
        .map(|record| (record.version, version(record, minute).ok()))
        .collect())
}
