//! What agents are handed out besides settings: named, versioned files, and the act of bringing one.
//!
//! The versions are in the database ([`crate::store::components`]), the bytes in files ([`files`]). Which are current
//! is kept in memory, so that a poll asks no database. How agents come to know is not decided here: the outbox has the
//! news, and a poll is answered with [`Components::offers`].

pub mod files;
pub mod incoming;
pub mod slots;

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use rollcall_shared::agent_api::{Installed, Offer};
use rollcall_shared::console_api::Component;
use rollcall_shared::{ComponentName, ComponentVersion};
use tokio::sync::{Mutex, watch};

use crate::store::components::{Chosen, Published};
use crate::store::{Store, StoreError};
use files::Files;
use incoming::Whole;

/// The components of this server.
#[derive(Debug)]
pub struct Components {
    /// Where the bytes are.
    pub files: Files,
    /// The most bytes of a version that is uploaded.
    pub limit: u64,
    current: RwLock<Arc<Vec<Component>>>,
    /// Held while what is current changes, so that memory and database stay one.
    changing: Mutex<()>,
    changes: watch::Sender<()>,
}

/// Why the components cannot be had at the start.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database failed.
    #[error("the components cannot be read")]
    Store(#[from] StoreError),
    /// The folder cannot be used.
    #[error("the folder of components {} cannot be used", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// Why a version was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk failed.
    #[error("the bytes cannot be kept")]
    Disk(#[source] std::io::Error),
}

impl Components {
    /// Those of this database, with their bytes in this folder. What a killed server left half-done is cleaned away.
    ///
    /// # Errors
    /// Where folder or database cannot be used.
    pub async fn load(store: &Store, folder: PathBuf, limit: u64) -> Result<Self, LoadError> {
        let files = Files::open(folder.clone())
            .await
            .map_err(|source| LoadError::Folder { path: folder, source })?;
        let current = store.components().current().await?;
        for component in &current {
            if component.stored && files.read(component).await.is_err() {
                let (name, version) = (&component.name, &component.version);
                tracing::warn!(%name, %version, "the bytes of this component are missing: upload them again");
            }
        }
        Ok(Self {
            files,
            limit,
            current: RwLock::new(Arc::new(current)),
            changing: Mutex::default(),
            changes: watch::Sender::new(()),
        })
    }

    /// The current version of each name, by name.
    #[must_use]
    pub fn current(&self) -> Arc<Vec<Component>> {
        Arc::clone(&self.current.read())
    }

    /// Told at each change of what is current.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// What an agent is to get that has these; nothing for one of a release that says nothing of components.
    #[must_use]
    pub fn offers(&self, installed: Option<&[Installed]>) -> Vec<Offer> {
        let Some(installed) = installed else {
            return Vec::new();
        };
        let has = |component: &&Component| {
            installed
                .iter()
                .any(|one| one.name == component.name && one.version == component.version)
        };
        let current = self.current();
        current.iter().filter(|one| !has(one)).map(offer).collect()
    }

    /// Takes a version in, with its bytes where it came with some, and makes it current where it is new.
    ///
    /// # Errors
    /// What database and disk say.
    pub async fn publish(
        &self,
        store: &Store,
        new: &Component,
        bytes: Option<Whole>,
    ) -> Result<Published, PublishError> {
        let _one = self.changing.lock().await;
        // First the file: a killed server may leave bytes without a version, never a version without its bytes.
        if let Some(bytes) = bytes {
            bytes.keep().await.map_err(PublishError::Disk)?;
        }
        let published = store.components().publish(new).await?;
        if matches!(published, Published::Taken(_) | Published::TooMany) {
            self.drop_unneeded(store, new).await?;
        }
        self.refresh(store).await?;
        Ok(published)
    }

    /// Makes a version current.
    ///
    /// # Errors
    /// What the database says.
    pub async fn choose(
        &self,
        store: &Store,
        name: &ComponentName,
        version: &ComponentVersion,
        at_ms: i64,
    ) -> Result<Chosen, StoreError> {
        let _one = self.changing.lock().await;
        let chosen = store.components().choose(name, version, at_ms).await?;
        self.refresh(store).await?;
        Ok(chosen)
    }

    /// Withdraws a version, and throws its bytes away where nothing else stands for them. Gives what it was before; nothing
    /// where there is none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn withdraw(
        &self,
        store: &Store,
        name: &ComponentName,
        version: &ComponentVersion,
        at_ms: i64,
    ) -> Result<Option<Component>, StoreError> {
        let _one = self.changing.lock().await;
        let Some(before) = store.components().withdraw(name, version, at_ms).await? else {
            return Ok(None);
        };
        self.refresh(store).await?;
        self.drop_unneeded(store, &before).await?;
        Ok(Some(before))
    }

    /// Throws the bytes of a version away that is no more, unless another stands for them too.
    async fn drop_unneeded(&self, store: &Store, gone: &Component) -> Result<(), StoreError> {
        if !store.components().needs(gone.sha256).await?
            && let Err(error) = self.files.remove(gone.sha256).await
        {
            let (name, version) = (&gone.name, &gone.version);
            tracing::warn!(%name, %version, %error, "the bytes of a component that is no more stay on the disk");
        }
        Ok(())
    }

    async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let current = store.components().current().await?;
        let changed = {
            let mut known = self.current.write();
            let changed = **known != current;
            *known = Arc::new(current);
            changed
        };
        if changed {
            self.changes.send_replace(());
        }
        Ok(())
    }
}

fn offer(component: &Component) -> Offer {
    Offer {
        name: component.name.clone(),
        version: component.version.clone(),
        size: component.size,
        sha256: component.sha256,
        sources: component.sources.clone(),
    }
}

#[cfg(test)]
mod tests;
