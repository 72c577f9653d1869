//! Writes behind: transitions, registrations and blind spans are kept in a file of the data folder at once, and go to
//! the database in batches, in order, within a second.
//!
//! What is kept outlives a killed process, so a database that is away costs nothing: entries wait in memory, beyond
//! what that holds in the files, and land when it is back. Where the disk fails, they wait in memory and land as long
//! as the database takes them. Only where neither takes them and memory is full are the oldest lost, which is counted
//! and told. Presence never waits for a disk.
//!
//! The way of an entry: [`Journal::push`] -> `queue` -> `keeper` (a thread, which has the `segments` made of
//! `record`s) -> `queue` -> [`Writer`] -> the store. At the next start [`recover()`] lands what stayed in the files.
//!
//! Not for what must be durable before someone is answered: see [`crate::store::enrolment`].

mod keeper;
mod queue;
mod record;
mod recover;
mod segments;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::disk_watch::DiskState;
use crate::clock::Clock;
use crate::store::Store;
use crate::store::journal::Entry;
use queue::{Limits, Shared};
use segments::{Disk, Segments, SystemDisk};

pub use recover::{RecoverError, recover};
pub use writer::Writer;

/// The disk fails, so what was handed in is in memory only, until the database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change holds, but the disk does not keep it: a server that is killed now forgets it")]
pub struct NotKept;

/// Where entries are handed in; clones share the queue, and when the last is gone it is closed.
#[derive(Clone)]
pub struct Journal(Arc<Handle>);

struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A journal into this store that keeps its files in `folder`, which is made where it is missing; without one, in
/// memory only. Call [`recover()`] for the folder first.
///
/// # Errors
/// Where the system gives no thread. A disk that fails is no error here: see [`Journal::judge`].
pub fn journal(store: Store, folder: Option<PathBuf>, clock: Clock) -> io::Result<(Journal, Writer)> {
    with(store, folder, Box::new(SystemDisk), Limits::default(), clock)
}

fn with(
    store: Store,
    folder: Option<PathBuf>,
    disk: Box<dyn Disk>,
    limits: Limits,
    clock: Clock,
) -> io::Result<(Journal, Writer)> {
    let shared = Arc::new(Shared::new(clock, folder.is_some(), limits));
    let keeper = folder
        .map(|folder| {
            keeper::start(
                Arc::clone(&shared),
                Segments::new(folder, disk, limits.file, store.identity()),
                clock,
            )
        })
        .transpose()?;
    let journal = Journal(Arc::new(Handle(Arc::clone(&shared))));
    let writer = Writer {
        shared,
        store,
        keeper,
    };
    Ok((journal, writer))
}

impl Journal {
    fn shared(&self) -> &Shared {
        &self.0.0
    }

    /// Hands in an entry. Never blocks.
    pub fn push(&self, entry: Entry) {
        if !self.shared().push(entry) {
            tracing::error!("the journal is closed: a change was not written");
        }
    }

    /// How many entries are not yet durable.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let next = self.shared().state.lock().next;
        next.saturating_sub(self.shared().progress.borrow().landed)
    }

    /// How many entries were lost since the server started, because nothing could take them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shared().state.lock().lost
    }

    /// How the disk is that keeps the files.
    #[must_use]
    pub fn disk(&self) -> DiskState {
        self.shared().look();
        self.shared().disk.state()
    }

    /// Waits until all that was handed in before is kept: a server that is killed then forgets none of it. At once
    /// where the journal is in memory only.
    ///
    /// # Errors
    /// Where the disk fails, or does not answer within seconds; the entries land all the same as long as the database takes them.
    pub async fn kept(&self) -> Result<(), NotKept> {
        let (next, on_disk, patience) = {
            let state = self.shared().state.lock();
            (state.next, state.on_disk, state.limits.kept)
        };
        if !on_disk {
            return Ok(());
        }
        let mut progress = self.shared().progress.subscribe();
        let done =
            progress.wait_for(|progress| progress.kept.max(progress.landed) >= next || progress.failing);
        match tokio::time::timeout(patience, done).await {
            Ok(Ok(progress)) if progress.kept.max(progress.landed) >= next => Ok(()),
            _ => Err(NotKept),
        }
    }

    /// Waits until all that was handed in before is in the database; as long as that is away.
    pub async fn durable(&self) {
        let next = self.shared().state.lock().next;
        let mut progress = self.shared().progress.subscribe();
        // The sender is in what this handle shares, so it cannot be gone.
        let _landed = progress.wait_for(|progress| progress.landed >= next).await;
    }

    /// Tells the writer to write what it has and to end; what is handed in later is refused.
    pub fn close(&self) {
        self.shared().close();
    }

    /// What is wrong, where anything is.
    ///
    /// # Errors
    /// Where the disk fails, a file cannot be read back, or changes are being lost.
    pub fn judge(&self) -> Result<(), String> {
        self.shared().look();
        let (fresh, lost, database_fails) = {
            let state = self.shared().state.lock();
            (state.fresh.len(), state.lost_lately, state.database_fails)
        };
        let said = match self.shared().disk.judge() {
            Ok(()) if lost == 0 => return self.shared().disk.judge_reading(),
            Ok(()) if database_fails => "The database does not answer, and memory is full.".to_owned(),
            Ok(()) => "Changes come faster than disk and database take them, and memory is full.".to_owned(),
            Err(disk) => format!(
                "{disk} Contacts are taken; {fresh} changes are in memory only and land when the database takes them."
            ),
        };
        if lost == 0 {
            return Err(said);
        }
        Err(format!("{said} {lost} changes are lost."))
    }
}

#[cfg(test)]
mod tests;
