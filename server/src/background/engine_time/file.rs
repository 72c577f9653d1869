//! Engine time in a small file of the data folder, every second: a database that is away must not cost a restart the
//! minutes in which agents were heard.
//!
//! Replaced whole, and not synced to the disk: a killed process loses nothing by that, and after a power cut the
//! database's row is a second older. On a thread of its own, since a disk may hang.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{EVERY, state};
use crate::clock::{Clock, MachineTime};
use crate::engine::Engine;
use crate::error_chain::chain;
use crate::store::engine_state::EngineState;

/// In the data folder.
const NAME: &str = "engine-time.json";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The database that it belongs to ([`crate::store::Store::identity`]).
    pub(super) database: String,
    /// Engine time, milliseconds.
    pub(super) engine_ms: i64,
    /// The wall clock of then.
    pub(super) saved_wall_ms: i64,
    /// The latest engine time that was in the database by then. One that has less now was restored from a backup, and
    /// goes on from there.
    pub(super) in_database_ms: i64,
    /// The machine's own time of then, by which the length of an absence is known whatever was done to the wall clock.
    pub(super) machine: MachineTime,
}

/// Where it is.
#[derive(Debug, Clone)]
pub struct TimeFile {
    path: PathBuf,
    database: String,
    in_database_ms: Arc<AtomicI64>,
}

impl TimeFile {
    /// The file in this data folder, of this database.
    #[must_use]
    pub fn new(data: &Path, database: &str) -> Self {
        Self {
            path: data.join(NAME),
            database: database.to_owned(),
            in_database_ms: Arc::default(),
        }
    }

    /// The database has this engine time now.
    pub(super) fn note_in_database(&self, engine_ms: i64) {
        self.in_database_ms.fetch_max(engine_ms, Ordering::AcqRel);
    }

    /// What it says, where it is there and of this database. One that cannot be read, or not within that time, is told of
    /// and passed over: then the database's word holds.
    pub(super) async fn read(&self, within: Duration) -> Option<Kept> {
        let kept = match self.bytes(within).await {
            Ok(bytes) => serde_json::from_slice::<Kept>(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error),
        };
        match kept {
            Ok(kept) => (kept.database == self.database).then_some(kept),
            Err(error) => {
                let file = self.path.display();
                tracing::warn!(%file, error = chain(&error), "engine time is taken from the database alone");
                None
            }
        }
    }

    /// On a thread of its own, which nobody waits for any longer: not at the stop either.
    async fn bytes(&self, within: Duration) -> io::Result<Vec<u8>> {
        let (tell, told) = oneshot::channel();
        let path = self.path.clone();
        std::thread::Builder::new()
            .name("engine time".to_owned())
            .spawn(move || {
                // Whoever asked may be gone.
                let _ = tell.send(fs::read(path));
            })?;
        match tokio::time::timeout(within, told).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(io::Error::other("it was not read")),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    pub(super) fn write(&self, state: EngineState, machine: MachineTime) -> io::Result<()> {
        let kept = Kept {
            database: self.database.clone(),
            engine_ms: state.engine_ms,
            saved_wall_ms: state.saved_wall_ms,
            in_database_ms: self.in_database_ms.load(Ordering::Acquire),
            machine,
        };
        let beside = self.path.with_extension("new");
        fs::write(&beside, serde_json::to_vec(&kept)?)?;
        fs::rename(&beside, &self.path)
    }

    /// Writes it every second from now on, and once more when [`Writing::last`] says so.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn keep(self, engine: Engine, clock: Clock) -> io::Result<Writing> {
        let (ask, asked) = mpsc::channel::<oneshot::Sender<()>>();
        std::thread::Builder::new()
            .name("engine time".to_owned())
            .spawn(move || {
                let mut failing = false;
                loop {
                    let last = match asked.recv_timeout(EVERY) {
                        Ok(done) => Some(done),
                        Err(RecvTimeoutError::Timeout) => None,
                        Err(RecvTimeoutError::Disconnected) => return,
                    };
                    let written = self.write(state(&engine, clock), clock.machine());
                    match written {
                        Ok(()) => failing = false,
                        // Said once; that the disk is full or fails is told of elsewhere, too.
                        Err(error) if !failing => {
                            failing = true;
                            let file = self.path.display();
                            tracing::warn!(%file, error = chain(&error), "engine time is saved in the database alone");
                        }
                        Err(_) => {}
                    }
                    if let Some(done) = last {
                        let _ = done.send(());
                        return;
                    }
                }
            })?;
        Ok(Writing { ask })
    }
}

/// The thread that writes; ends when this is dropped.
#[derive(Debug)]
pub struct Writing {
    ask: mpsc::Sender<oneshot::Sender<()>>,
}

impl Writing {
    /// Writes once more and ends. Does not wait for a disk that hangs.
    pub async fn last(self, within: Duration) {
        let (done, written) = oneshot::channel();
        if self.ask.send(done).is_ok() {
            let _ = tokio::time::timeout(within, written).await;
        }
    }
}
