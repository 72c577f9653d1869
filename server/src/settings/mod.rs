//! The settings in force. They are fixed for now: version 1 is written at the first start, from the
//! configuration, and read back ever after.

use std::time::Duration;

use rollcall_presence::Lease;
use rollcall_shared::Settings;
use rollcall_shared::console_api::SettingsVersion;

use crate::store::{Store, StoreError};

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The document and its version.
    pub current: SettingsVersion,
    /// How long its minute lasts.
    pub minute: Duration,
}

/// The settings cannot be brought into force.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The database did not answer.
    #[error("the settings cannot be read")]
    Store(#[from] StoreError),
    /// The stored document is none.
    #[error("settings version {version} in the database cannot be read")]
    Unreadable {
        /// Its version.
        version: u32,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl InForce {
    /// Reads the settings, or writes `first` as version 1 where there are none.
    ///
    /// # Errors
    /// Where the database does not answer, or holds a document that cannot be read.
    pub async fn load(
        store: &Store,
        first: &Settings,
        minute: Duration,
        now_ms: i64,
    ) -> Result<Self, SettingsError> {
        if store.settings().current().await?.is_none() {
            let document = serde_json::to_string(first)
                .map_err(|source| SettingsError::Unreadable { version: 1, source })?;
            // Another server may have been first; then its document is read below.
            store.settings().append(1, document, now_ms).await?;
        }
        let (version, settings, saved_at_ms) = match store.settings().current().await? {
            Some(record) => {
                let settings =
                    serde_json::from_str(&record.document).map_err(|source| SettingsError::Unreadable {
                        version: record.version,
                        source,
                    })?;
                (record.version, settings, record.saved_at_ms)
            }
            None => (1, first.clone(), now_ms),
        };
        let minute_ms = u32::try_from(minute.as_millis()).unwrap_or(u32::MAX);
        Ok(Self {
            current: SettingsVersion {
                version,
                settings,
                saved_at_ms,
                minute_ms,
            },
            minute,
        })
    }

    /// The lease that these settings give every agent.
    #[must_use]
    pub const fn lease(&self) -> Lease {
        Lease::of_heartbeats(&self.current.settings, self.minute)
    }

    /// How long agents are to stay silent between two heartbeats.
    #[must_use]
    pub const fn heartbeat_interval(&self) -> Duration {
        self.current.settings.heartbeat_every.lasting(self.minute)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::Minutes;

    use super::*;

    #[tokio::test]
    async fn the_first_start_writes_version_1_and_later_ones_keep_it() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let minute = Duration::from_mins(1);
        let first = Settings {
            heartbeat_every: Minutes::try_new(7).unwrap(),
            ..Settings::default()
        };
        let written = InForce::load(&store, &first, minute, 5).await.unwrap();
        assert_eq!((written.current.version, written.current.saved_at_ms), (1, 5));
        let read = InForce::load(&store, &Settings::default(), minute, 9)
            .await
            .unwrap();
        assert_eq!(read, written);
    }
}
