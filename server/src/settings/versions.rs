//! Reads the versions of the settings back.

use std::time::Duration;

use rollcall_presence::Rulebook;
use rollcall_shared::Settings;
use rollcall_shared::console_api::SettingsVersion;

use super::SettingsError;
use crate::store::{Store, StoreError};

/// The versions, as they are in the database.
pub(super) struct History {
    /// The newest that can be read.
    pub(super) current: SettingsVersion,
    /// The rules of all that can be read.
    pub(super) rulebook: Rulebook,
    /// The greatest version of all.
    pub(super) greatest: u32,
}

/// Reads them, writing `first` as version 1 where there are none.
pub(super) async fn read(
    store: &Store,
    first: &Settings,
    minute: Duration,
    now_ms: i64,
) -> Result<History, SettingsError> {
    if store.settings().current().await?.is_none() {
        let document = serde_json::to_string(first)
            .map_err(|source| SettingsError::Unreadable { version: 1, source })?;
        // Another server may have been first; then its document is read below.
        store.settings().append(1, document, now_ms).await?;
    }
    let mut found: Option<(SettingsVersion, Rulebook)> = None;
    let mut unreadable = None;
    let mut greatest = 0;
    for record in store.settings().all().await? {
        greatest = record.version;
        match serde_json::from_str::<Settings>(&record.document) {
            Ok(settings) => {
                let rulebook = match &found {
                    Some((_, rulebook)) => rulebook.with(record.version, &settings),
                    None => Rulebook::new(record.version, &settings, minute),
                };
                let version = SettingsVersion {
                    version: record.version,
                    settings,
                    saved_at_ms: record.saved_at_ms,
                    author: None,
                    note: None,
                    minute_ms: u32::try_from(minute.as_millis()).unwrap_or(u32::MAX),
                };
                found = Some((version, rulebook));
            }
            Err(error) => {
                tracing::error!(
                    version = record.version,
                    %error,
                    "a version of the settings cannot be read: passed over"
                );
                unreadable = Some((record.version, error));
            }
        }
    }
    match (found, unreadable) {
        (Some((current, rulebook)), _) => Ok(History {
            current,
            rulebook,
            greatest,
        }),
        (None, Some((version, source))) => Err(SettingsError::Unreadable { version, source }),
        // The row that was just written is gone: somebody cleared the table meanwhile.
        (None, None) => Ok(History {
            current: SettingsVersion {
                version: 1,
                settings: first.clone(),
                saved_at_ms: now_ms,
                author: None,
                note: None,
                minute_ms: u32::try_from(minute.as_millis()).unwrap_or(u32::MAX),
            },
            rulebook: Rulebook::new(1, first, minute),
            greatest: 1,
        }),
    }
}

/// The versions after this one, oldest first; without its document where that cannot be read.
pub(super) async fn after(
    store: &Store,
    version: u32,
    minute: Duration,
) -> Result<Vec<(u32, Option<SettingsVersion>)>, StoreError> {
    let records = store.settings().all().await?;
    let newer = records.into_iter().filter(|record| record.version > version);
    Ok(newer
        .map(|record| {
            let settings = serde_json::from_str(&record.document).ok();
            let saved = settings.map(|settings| SettingsVersion {
                version: record.version,
                settings,
                saved_at_ms: record.saved_at_ms,
                author: None,
                note: None,
                minute_ms: u32::try_from(minute.as_millis()).unwrap_or(u32::MAX),
            });
            (record.version, saved)
        })
        .collect())
}
