//! What a server that was killed, or that stopped without its database, left in the files: landed before the next
//! one reads its fleet.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::record::{self, Contents};
use super::segments;
use super::writer::{BATCH, land};
use crate::error_chain::chain;
use crate::store::journal::Entry;
use crate::store::{Store, StoreError};

/// How often a file is tried to be read before it is set aside.
const TRIES: u32 = 5;

/// How long between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// What was left cannot be landed; the files stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The database says no.
    #[error("the database does not take what the last server left in the journal")]
    Store(#[from] StoreError),
    /// They are another database's. In this one they would be passed over, or be of other agents.
    #[error(
        "{} holds changes for another database than the configured one: \
         configure that one, or move the folder away, which gives them up",
        folder.display()
    )]
    OtherDatabase {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// A file can neither be read nor set aside. Later ones cannot land then: it would come over them at a later start.
    #[error("{} can neither be read nor renamed: mend the disk, or move the file away", path.display())]
    Stuck {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Lands all that the journal's files in this folder hold, in order, and removes them; how many entries that
/// were. Once more does no harm. What cannot be read is told and set aside.
///
/// # Errors
/// See [`RecoverError`].
pub async fn recover(store: &Store, folder: &Path) -> Result<usize, RecoverError> {
    let files = match segments::list(folder) {
        Ok(files) => files,
        Err(error) => {
            unreadable(folder, &error);
            return Ok(0);
        }
    };
    let mut landed = 0;
    for (_, path) in files {
        match read(&path).await {
            Ok(file) => landed += file_of(store, &path, &file).await?,
            // Somebody took it away; so it can land never, nor be set aside.
            Err(error) if error.kind() == io::ErrorKind::NotFound => unreadable(&path, &error),
            Err(error) => {
                unreadable(&path, &error);
                segments::set_aside(&path).map_err(|source| RecoverError::Stuck { path, source })?;
            }
        }
    }
    if landed > 0 {
        tracing::info!(
            landed,
            "changes that had not reached the database before are in it now"
        );
    }
    Ok(landed)
}

/// Reads a file, from a disk that may need a moment.
async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut tries = 1;
    loop {
        match tokio::fs::read(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound && tries < TRIES => tries += 1,
            done => return done,
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

fn unreadable(path: &Path, error: &io::Error) {
    tracing::error!(path = %path.display(), error = chain(error), "the journal cannot be read: what is in it does not land");
}

/// Lands what is in a file, and removes it.
async fn file_of(store: &Store, path: &Path, file: &[u8]) -> Result<usize, RecoverError> {
    let contents = match record::decode(file) {
        Ok(contents) => contents,
        Err(error) => {
            tracing::error!(path = %path.display(), error = chain(&error), "what is in a file of the journal does not land");
            return Ok(0);
        }
    };
    let Contents {
        entries,
        database,
        damaged,
        torn,
    } = contents;
    let is_other = |database: &String| !store.identity().is_empty() && database != store.identity();
    if !entries.is_empty() && database.as_ref().is_some_and(is_other) {
        let folder = path.parent().unwrap_or(path).to_owned();
        return Err(RecoverError::OtherDatabase { folder });
    }
    let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
    for batch in entries.chunks(BATCH) {
        land(store, batch).await?;
    }
    if torn {
        tracing::warn!(path = %path.display(), "the last change in a file of the journal was not written whole: cut off");
    }
    let done = if damaged > 0 {
        tracing::error!(path = %path.display(), damaged, "a file of the journal is damaged: what can be read of it has landed, and it is set aside");
        segments::set_aside(path).map(drop)
    } else {
        tokio::fs::remove_file(path).await
    };
    if let Err(error) = done {
        tracing::warn!(path = %path.display(), error = chain(&error), "a file of the journal cannot be removed");
    }
    Ok(entries.len())
}
