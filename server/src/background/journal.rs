//! Writes behind: transitions and registrations wait here for less than a second and go to the database in
//! batches, in order.
//!
//! While the database is away they wait, and go when it is back. So presence never waits for a disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::error_chain::chain;
use crate::store::Store;
use crate::store::journal::Entry;

/// How long an entry waits for company: well within the second in which it has to be durable.
const GATHER: Duration = Duration::from_millis(100);

/// Entries a batch: some milliseconds of either database.
const BATCH: usize = 2_000;

/// How long until a database that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Where entries are handed in; clones share the queue.
#[derive(Clone)]
pub struct Journal {
    queue: mpsc::UnboundedSender<Entry>,
    waiting: Arc<AtomicUsize>,
}

/// The task's end of the queue.
pub struct Writer {
    queue: mpsc::UnboundedReceiver<Entry>,
    waiting: Arc<AtomicUsize>,
    store: Store,
}

/// A queue into this store.
#[must_use]
pub fn journal(store: Store) -> (Journal, Writer) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let journal = Journal {
        queue: sender,
        waiting: Arc::clone(&waiting),
    };
    (
        journal,
        Writer {
            queue: receiver,
            waiting,
            store,
        },
    )
}

impl Journal {
    /// Hands in an entry. Never blocks.
    pub fn push(&self, entry: Entry) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.send(entry).is_err() {
            tracing::error!("the journal is closed: a change was not written");
        }
    }

    /// How many entries are not yet durable.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Writer {
    /// Writes until every [`Journal`] is gone and the queue is empty; so at the end nothing is left behind,
    /// unless the database stays away for longer than `patience`.
    pub async fn run(mut self, patience: Duration) {
        let mut batch = Vec::new();
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            if batch.len() < BATCH && !self.queue.is_closed() {
                tokio::time::sleep(GATHER).await;
                while batch.len() < BATCH
                    && let Ok(entry) = self.queue.try_recv()
                {
                    batch.push(entry);
                }
            }
            if !self.write(&batch, patience).await {
                tracing::error!(
                    lost = batch.len() + self.queue.len(),
                    "changes were not written: the database is away"
                );
                return;
            }
            self.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
            batch.clear();
        }
    }

    /// Writes a batch, however long the database is away; only at the end of the server is patience limited.
    async fn write(&self, batch: &[Entry], patience: Duration) -> bool {
        let mut waited = Duration::ZERO;
        loop {
            match self.store.journal().write(batch).await {
                Ok(()) => return true,
                Err(error) if error.is_transient() => {
                    tracing::warn!(
                        error = chain(&error),
                        entries = batch.len(),
                        "changes wait for the database"
                    );
                }
                Err(error) if batch.len() == 1 => {
                    tracing::error!(error = chain(&error), entry = ?batch[0], "a change cannot be written: dropped");
                    return true;
                }
                // One bad entry must not keep all that follow it from the disk.
                Err(error) => {
                    tracing::error!(
                        error = chain(&error),
                        "a batch cannot be written whole: entry by entry"
                    );
                    for entry in batch {
                        if !Box::pin(self.write(std::slice::from_ref(entry), patience)).await {
                            return false;
                        }
                    }
                    return true;
                }
            }
            if self.queue.is_closed() {
                waited += TRY_AGAIN;
                if waited > patience {
                    return false;
                }
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}
