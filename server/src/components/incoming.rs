//! Bytes on their way in: counted, hashed while they come, and on the disk before they have their name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use rollcall_shared::Sha256;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncWriteExt as _, BufWriter};

use super::files::path_of;

/// How much is gathered before it is written: a write of this size is one turn of a thread that may wait for the disk.
const GATHERED: usize = 256 * 1024;

/// A file that grows.
#[derive(Debug)]
pub struct Incoming {
    file: BufWriter<File>,
    digest: Digest,
    size: u64,
    limit: u64,
    unfinished: Unfinished,
}

struct Digest(Context);

impl std::fmt::Debug for Digest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Digest")
    }
}

/// Why bytes are not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There are more than so many.
    #[error("more than {limit} bytes")]
    TooMany {
        /// The most that are taken.
        limit: u64,
    },
    /// The disk fails.
    #[error("the bytes cannot be written")]
    Disk(#[from] io::Error),
}

/// A file that is removed unless it is kept.
#[derive(Debug)]
struct Unfinished {
    folder: Arc<Path>,
    path: PathBuf,
    kept: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            // One that stays is removed at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file that came whole and is on the disk, not yet under its name.
#[derive(Debug)]
pub struct Whole {
    /// What it holds.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
    unfinished: Unfinished,
}

impl Incoming {
    pub(super) async fn create(folder: Arc<Path>, path: PathBuf, limit: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await?;
        Ok(Self {
            file: BufWriter::with_capacity(GATHERED, file),
            digest: Digest(Context::new(&SHA256)),
            size: 0,
            limit,
            unfinished: Unfinished {
                folder,
                path,
                kept: false,
            },
        })
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// Where there are too many, or the disk fails.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), NotTaken> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.limit {
            return Err(NotTaken::TooMany { limit: self.limit });
        }
        self.digest.0.update(bytes);
        Ok(self.file.write_all(bytes).await?)
    }

    /// There are no more: makes sure that they are on the disk.
    ///
    /// # Errors
    /// Where the disk fails.
    pub async fn finish(mut self) -> io::Result<Whole> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.0.finish().as_ref());
        Ok(Whole {
            sha256: Sha256::from_bytes(sha256),
            size: self.size,
            unfinished: self.unfinished,
        })
    }
}

impl Whole {
    /// Gives the file its name. Bytes that were there under it are replaced by the same.
    ///
    /// # Errors
    /// Where the disk fails.
    pub async fn keep(mut self) -> io::Result<()> {
        let folder = Arc::clone(&self.unfinished.folder);
        fs::rename(&self.unfinished.path, path_of(&folder, self.sha256)).await?;
        self.unfinished.kept = true;
        // Or the name may be gone after a power cut.
        File::open(&folder).await?.sync_all().await
    }
}
