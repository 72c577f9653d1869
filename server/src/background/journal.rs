//! Writes behind: transitions and registrations wait here for less than a second and go to the database in
//! batches, in order.
//!
//! While the database is away they wait, and go when it is back. So presence never waits for a disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

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
    pushed: Arc<AtomicU64>,
    written: watch::Receiver<u64>,
    closing: Arc<Closing>,
}

/// The task's end of the queue.
pub struct Writer {
    queue: mpsc::UnboundedReceiver<Entry>,
    written: watch::Sender<u64>,
    closing: Arc<Closing>,
    store: Store,
}

/// Tells the writer that nothing more will come.
#[derive(Default)]
struct Closing {
    said: AtomicBool,
    wake: Notify,
}

/// A queue into this store.
#[must_use]
pub fn journal(store: Store) -> (Journal, Writer) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (counter, written) = watch::channel(0);
    let closing = Arc::new(Closing::default());
    let journal = Journal {
        queue: sender,
        pushed: Arc::default(),
        written,
        closing: Arc::clone(&closing),
    };
    (
        journal,
        Writer {
            queue: receiver,
            written: counter,
            closing,
            store,
        },
    )
}

impl Journal {
    /// Hands in an entry. Never blocks.
    pub fn push(&self, entry: Entry) {
        if self.queue.send(entry).is_err() {
            tracing::error!("the journal is closed: a change was not written");
            return;
        }
        self.pushed.fetch_add(1, Ordering::SeqCst);
    }

    /// How many entries are not yet durable.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.pushed
            .load(Ordering::SeqCst)
            .saturating_sub(*self.written.borrow())
    }

    /// Waits until all that was handed in before is in the database; as long as that is away.
    pub async fn durable(&self) {
        let pushed = self.pushed.load(Ordering::SeqCst);
        let mut progress = self.written.clone();
        // An error means that the writer is gone: then nobody will ever know better.
        let _known = progress.wait_for(|written| *written >= pushed).await;
    }

    /// Tells the writer to write what it has and to end; what is handed in later is refused.
    pub fn close(&self) {
        self.closing.said.store(true, Ordering::Release);
        self.closing.wake.notify_one();
    }
}

impl Writer {
    /// Writes until the journal is closed, or every handle of it gone, and the queue empty; so at the end nothing
    /// is left behind, unless the database stays away for longer than `patience`.
    pub async fn run(mut self, patience: Duration) {
        let mut batch = Vec::new();
        loop {
            let taken = tokio::select! {
                taken = self.queue.recv_many(&mut batch, BATCH) => taken,
                () = self.closing.wake.notified() => {
                    self.queue.close();
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            if batch.len() < BATCH && !self.ends() {
                tokio::time::sleep(GATHER).await;
                while batch.len() < BATCH
                    && let Ok(entry) = self.queue.try_recv()
                {
                    batch.push(entry);
                }
            }
            if !self.write(&batch, patience).await {
                let lost = batch.len() + self.queue.len();
                tracing::error!(lost, "changes were not written: the database is away");
                return;
            }
            let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            self.written
                .send_modify(|written| *written = written.saturating_add(count));
            batch.clear();
        }
    }

    /// Whether nothing more will come.
    fn ends(&self) -> bool {
        self.closing.said.load(Ordering::Acquire) || self.queue.is_closed()
    }

    /// Writes a batch, however long the database is away; only at the end of the server is patience limited.
    async fn write(&self, batch: &[Entry], patience: Duration) -> bool {
        let mut waited = Duration::ZERO;
        loop {
            match self.store.journal().write(batch).await {
                Ok(()) => return true,
                Err(error) if !error.is_fault_of_data() => {
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
            if self.ends() {
                waited += TRY_AGAIN;
                if waited > patience {
                    return false;
                }
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests;
