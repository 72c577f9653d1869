//! The settings in force, and the act of saving: the document into the database, the rules into the engine, the
//! version to everybody who asks.
//!
//! Version 1 is written at the first start, from the configuration; from then on people save.

mod versions;

pub use versions::version as version_of;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use rollcall_presence::Rulebook;
use rollcall_shared::console_api::{Listens, PassedOver, SettingsVersion};
use rollcall_shared::problem::FieldError;
use rollcall_shared::range::{self, Merged};
use rollcall_shared::settings::HeartbeatScope;
use rollcall_shared::{Minutes, Settings};
use tokio::sync::{Mutex, watch};

use crate::engine::{Engine, EngineError};
use crate::store::settings::SettingsRecord;
use crate::store::{Store, StoreError};

/// The settings in force.
pub struct InForce {
    minute: Duration,
    listens: Listens,
    passed_over: RwLock<Option<PassedOver>>,
    /// What every heartbeat asks for, so without a lock.
    version: AtomicU32,
    heartbeat_micros: AtomicU64,
    offline_micros: AtomicU64,
    all_send_heartbeats: AtomicBool,
    current: RwLock<Arc<SettingsVersion>>,
    rulebook: RwLock<Arc<Rulebook>>,
    /// The greatest version in the database, which may be one that cannot be read.
    saving: Mutex<u32>,
    told: watch::Sender<u32>,
}

/// The settings cannot be brought into force.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The database did not answer.
    #[error("the settings cannot be read")]
    Store(#[from] StoreError),
    /// The first version has no JSON form.
    #[error("the settings cannot be written")]
    Unwritable(#[from] serde_json::Error),
}

/// A document that is to become the next version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The version that it was made from.
    pub of: u32,
    /// The document.
    pub settings: Settings,
    /// Who saves it, by their name.
    pub author: Option<String>,
    /// What they note.
    pub note: Option<String>,
}

/// What became of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What is in force now.
    pub in_force: Arc<SettingsVersion>,
    /// Ranges that were merged.
    pub merged: Vec<Merged>,
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    /// They may not be.
    #[error("the settings cannot be saved so")]
    Refused(Vec<FieldError>),
    /// Somebody saved another version since the one that was changed here.
    #[error("version {0} was saved meanwhile")]
    Conflict(u32),
    /// The database did not take them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They are saved; the engine was stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The server stopped in the middle of it.
    #[error("the save was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    /// They have no JSON form.
    #[error("the settings cannot be written")]
    Unwritable(#[from] serde_json::Error),
}

impl InForce {
    /// Reads the settings, or writes `first` as version 1 where there are none. A version that cannot be read is
    /// passed over, and said in the log: the last one that can is in force; where there is none, `first` becomes the next.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn load(
        store: &Store,
        first: &Settings,
        minute: Duration,
        listens: Listens,
        now_ms: i64,
    ) -> Result<Self, SettingsError> {
        let history = versions::read(store, first, minute, now_ms).await?;
        let current = history.current;
        Ok(Self {
            minute,
            listens,
            passed_over: RwLock::new(history.passed_over),
            version: AtomicU32::new(current.version),
            heartbeat_micros: AtomicU64::new(micros(current.settings.heartbeat_every, minute)),
            offline_micros: AtomicU64::new(micros(current.settings.offline_after, minute)),
            all_send_heartbeats: AtomicBool::new(all_send_heartbeats(&current.settings)),
            told: watch::Sender::new(current.version),
            current: RwLock::new(Arc::new(current)),
            rulebook: RwLock::new(Arc::new(history.rulebook)),
            saving: Mutex::new(history.greatest),
        })
    }

    /// The newest version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    /// The newest document, with its version.
    #[must_use]
    pub fn current(&self) -> Arc<SettingsVersion> {
        Arc::clone(&self.current.read())
    }

    /// The rules that follow from all versions.
    #[must_use]
    pub fn rulebook(&self) -> Arc<Rulebook> {
        Arc::clone(&self.rulebook.read())
    }

    /// What the server listens on, and so which ranges make sense.
    #[must_use]
    pub const fn listens(&self) -> Listens {
        self.listens
    }

    /// A newer version in the database that cannot be read, so that an older one is in force.
    #[must_use]
    pub fn passed_over(&self) -> Option<PassedOver> {
        self.passed_over.read().clone()
    }

    /// A version from the database; nothing where there is none of that number, or what is wrong with it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn past(
        &self,
        store: &Store,
        version: u32,
    ) -> Result<Option<Result<SettingsVersion, PassedOver>>, StoreError> {
        let record = store.settings().one(version).await?;
        Ok(record.map(|record| versions::version(record, self.minute)))
    }

    /// How long a minute of the settings lasts.
    #[must_use]
    pub const fn minute(&self) -> Duration {
        self.minute
    }

    /// How long agents are to stay silent between two heartbeats.
    #[must_use]
    pub fn heartbeat_interval(&self) -> Duration {
        Duration::from_micros(self.heartbeat_micros.load(Ordering::Relaxed))
    }

    /// How long an agent that sends heartbeats may be silent.
    #[must_use]
    pub fn offline_after(&self) -> Duration {
        Duration::from_micros(self.offline_micros.load(Ordering::Relaxed))
    }

    /// Whether all agents are to send heartbeats, wherever they are.
    #[must_use]
    pub fn all_send_heartbeats(&self) -> bool {
        self.all_send_heartbeats.load(Ordering::Relaxed)
    }

    /// Tells of each version that comes into force.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u32> {
        self.told.subscribe()
    }

    /// Saves a document as the next version. Its ranges that overlap are merged. Durable, and lived by, when it returns: first the database,
    /// then the engine (so that no lease is too short for who learns of it), then everybody else.
    ///
    /// It goes on to its end also where whoever asked does not wait for it.
    ///
    /// # Errors
    /// Where it may not be saved, was made from an older version, or the database does not take it.
    pub async fn save(
        self: &Arc<Self>,
        store: &Store,
        engine: &Engine,
        mut draft: Draft,
        now_ms: i64,
    ) -> Result<Saved, NotSaved> {
        let refusals = draft.settings.refusals_on(self.listens);
        if !refusals.is_empty() {
            return Err(NotSaved::Refused(refusals));
        }
        let mut merged = Vec::new();
        for ranges in [
            &mut draft.settings.unreachable_network,
            &mut draft.settings.dial_own_addresses_in,
        ] {
            let (kept, overlapping) = range::merge(ranges);
            *ranges = kept;
            merged.extend(overlapping);
        }
        let (this, store, engine) = (Arc::clone(self), store.clone(), engine.clone());
        let whole = async move { this.save_whole(&store, &engine, draft, now_ms).await };
        let in_force = tokio::spawn(whole).await.map_err(NotSaved::Interrupted)??;
        Ok(Saved { in_force, merged })
    }

    async fn save_whole(
        &self,
        store: &Store,
        engine: &Engine,
        draft: Draft,
        now_ms: i64,
    ) -> Result<Arc<SettingsVersion>, NotSaved> {
        let mut greatest = self.saving.lock().await;
        if draft.of != self.version() {
            return Err(NotSaved::Conflict(self.version()));
        }
        let record = SettingsRecord {
            version: *greatest + 1,
            document: serde_json::to_string(&draft.settings)?,
            saved_at_ms: now_ms,
            author: draft.author,
            note: draft.note,
        };
        if !store.settings().append(record.clone()).await? {
            // Another server saved it, or this one did and lost the answer: it is what holds.
            for (version, saved) in versions::after(store, *greatest, self.minute).await? {
                *greatest = version;
                if let Some(saved) = saved {
                    self.bring_into_force(engine, saved).await?;
                }
            }
            return Err(NotSaved::Conflict(self.version()));
        }
        *greatest = record.version;
        let saved = versions::of(record, draft.settings, self.minute);
        Ok(self.bring_into_force(engine, saved).await?)
    }

    /// Has everybody live by a version that the database has.
    async fn bring_into_force(
        &self,
        engine: &Engine,
        saved: SettingsVersion,
    ) -> Result<Arc<SettingsVersion>, EngineError> {
        let rulebook = Arc::new(self.rulebook().with(saved.version, &saved.settings));
        engine.adopt(Arc::clone(&rulebook)).await?;
        *self.rulebook.write() = rulebook;
        let saved = Arc::new(saved);
        *self.current.write() = Arc::clone(&saved);
        *self.passed_over.write() = None;
        for (kept, every) in [
            (&self.heartbeat_micros, saved.settings.heartbeat_every),
            (&self.offline_micros, saved.settings.offline_after),
        ] {
            kept.store(micros(every, self.minute), Ordering::Relaxed);
        }
        self.all_send_heartbeats
            .store(all_send_heartbeats(&saved.settings), Ordering::Relaxed);
        self.version.store(saved.version, Ordering::Release);
        self.told.send_replace(saved.version);
        tracing::info!(version = saved.version, "settings saved");
        Ok(saved)
    }
}

fn all_send_heartbeats(settings: &Settings) -> bool {
    settings.heartbeat && settings.heartbeat_scope == HeartbeatScope::All
}

fn micros(every: Minutes, minute: Duration) -> u64 {
    u64::try_from(every.lasting(minute).as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
