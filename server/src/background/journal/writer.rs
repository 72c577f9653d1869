//! The task that lands entries in the database: in batches, in their order, however long it is away.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::queue::Shared;
use crate::error_chain::chain;
use crate::store::journal::Entry;
use crate::store::{Store, StoreError};

/// How long an entry waits for company: well within the second in which it has to be durable.
const GATHER: Duration = Duration::from_millis(100);

/// Entries a batch: some milliseconds of either database.
pub(super) const BATCH: usize = 2_000;

/// How long until a database that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How often it is looked, at the end, whether the thread that has the files is done.
const LOOK: Duration = Duration::from_millis(10);

/// The least time that files have at the end to give what is in them.
const FILES_PATIENCE: Duration = Duration::from_secs(1);

/// The journal's end at the database.
pub struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) store: Store,
    pub(super) keeper: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Writer {
    /// Writes until the journal is closed, or every handle of it gone, and all has landed; at the end it waits no
    /// longer than `patience` for a database that is away. What has not landed then stays in the files for the next
    /// start, and is lost where there are none.
    pub async fn run(mut self, patience: Duration) {
        while let Some((after, batch)) = self.next(patience).await {
            if !self.land(&batch, patience).await {
                break;
            }
            let mut state = self.shared.state.lock();
            state.landed(after);
            state.database_fails = false;
            if !state.on_disk {
                state.lost_lately = 0;
            }
            // Before the lock is given back, or the keeper could miss it and then sleep.
            self.shared
                .progress
                .send_modify(|progress| progress.landed = progress.landed.max(after));
            drop(state);
            self.shared.to_keep.notify_one();
        }
        self.end().await;
    }

    /// The first entries that wait; nothing when nothing more will come.
    async fn next(&self, patience: Duration) -> Option<(u64, Vec<Entry>)> {
        while self.wait(patience).await {
            let (few, most) = {
                let state = self.shared.state.lock();
                let most = state.limits.batch;
                (state.ready.len() < most && !state.closed, most)
            };
            if few {
                tokio::time::sleep(GATHER).await;
            }
            let taken = self.shared.state.lock().take(most);
            if let Some((after, entries)) = taken {
                let entries = entries.iter().map(|entry| Entry::clone(entry)).collect();
                return Some((after, entries));
            }
        }
        None
    }

    /// Waits for entries to land; whether there are any.
    async fn wait(&self, patience: Duration) -> bool {
        loop {
            let now = self.shared.clock.monotonic();
            let (closed, hangs_at) = {
                let mut state = self.shared.state.lock();
                if state.take(1).is_some() {
                    return true;
                }
                if state.closed && state.is_empty() {
                    return false;
                }
                let since = state.at_disk_since.filter(|_| !state.hangs);
                (state.closed, since.map(|since| since + state.limits.hangs))
            };
            let woken = self.shared.to_land.notified();
            let until_end = closed.then(|| patience.max(FILES_PATIENCE));
            let until_hangs = hangs_at.map(|at| at.saturating_sub(now));
            let Some(most) = [until_end, until_hangs].into_iter().flatten().min() else {
                woken.await;
                continue;
            };
            let timed_out = tokio::time::timeout(most, woken).await.is_err();
            if timed_out && !self.shared.look() && closed {
                return false;
            }
        }
    }

    /// Lands a batch, however long the database is away; only at the end of the server is patience limited.
    async fn land(&self, batch: &[Entry], patience: Duration) -> bool {
        let mut waited = Duration::ZERO;
        loop {
            let Err(error) = land(&self.store, batch).await else {
                return true;
            };
            tracing::warn!(
                error = chain(&error),
                entries = batch.len(),
                "changes wait for the database"
            );
            let closed = {
                let mut state = self.shared.state.lock();
                state.database_fails = true;
                state.closed
            };
            self.shared.look();
            if closed {
                waited += TRY_AGAIN;
                if waited > patience {
                    return false;
                }
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    /// Lets the keeper finish, and says what did not land.
    async fn end(&mut self) {
        let (before, on_disk) = {
            let state = self.shared.state.lock();
            (state.lost, state.on_disk)
        };
        self.shared.end();
        if let Some(keeper) = self.keeper.take() {
            // Not joined at once: from a disk that hangs it does not come back.
            while !keeper.is_finished() && !self.shared.state.lock().hangs {
                tokio::time::sleep(LOOK).await;
                self.shared.look();
            }
            if !keeper.is_finished() || keeper.join().is_err() {
                tracing::error!("the journal's files were not written in good order");
                let mut state = self.shared.state.lock();
                state.lost += u64::try_from(state.fresh.len()).unwrap_or(u64::MAX);
                state.fresh.clear();
            }
        }
        let state = self.shared.state.lock();
        let landed = self.shared.progress.borrow().landed;
        let waiting = state.next.saturating_sub(landed);
        let lost = if on_disk {
            state.lost - before
        } else {
            u64::try_from(state.ready.len()).unwrap_or(u64::MAX)
        };
        if lost > 0 {
            tracing::error!(
                lost,
                "changes were not written: the database is away, and the disk does not keep them"
            );
        }
        // What was lost before has been told.
        let kept = waiting.saturating_sub(lost.saturating_add(state.lost_lately));
        if on_disk && kept > 0 {
            tracing::warn!(
                kept,
                "changes wait in the data folder: they land with the next start"
            );
        }
    }
}

/// Writes a batch; an entry that no database can ever take is told and passed over, so that it keeps no other from
/// the disk.
pub(super) async fn land(store: &Store, batch: &[Entry]) -> Result<(), StoreError> {
    match store.journal().write(batch).await {
        Err(error) if error.is_fault_of_data() => {
            tracing::error!(
                error = chain(&error),
                "a batch cannot be written whole: entry by entry"
            );
        }
        whole => return whole,
    }
    for entry in batch {
        match store.journal().write(std::slice::from_ref(entry)).await {
            Err(error) if error.is_fault_of_data() => {
                tracing::error!(
                    error = chain(&error),
                    ?entry,
                    "a change cannot be written: dropped"
                );
            }
            one => one?,
        }
    }
    Ok(())
}
