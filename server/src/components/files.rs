//! The bytes of components: one file for each content, named as its SHA-256, in a folder of the data folder.
//!
//! A file gets its name when it is whole and on the disk, never before. What is still coming has a name of its own
//! kind ([`super::incoming`]), so that a killed server leaves nothing that could be taken for a component.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rollcall_shared::Sha256;
use rollcall_shared::console_api::Component;
use tokio::fs::{self, File};

use super::incoming::Incoming;

/// How the name of a file begins that is still coming.
const COMING: &str = ".coming-";

/// The folder.
#[derive(Debug)]
pub struct Files {
    folder: Arc<Path>,
    made: AtomicU64,
}

impl Files {
    /// The folder at this path, made where it is missing, without what a killed server left half-done.
    ///
    /// # Errors
    /// What the system says.
    pub async fn open(folder: PathBuf) -> io::Result<Self> {
        let mut make = fs::DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        make.mode(0o700);
        make.create(&folder).await?;
        let mut entries = fs::read_dir(&folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            if entry.file_name().to_string_lossy().starts_with(COMING) {
                fs::remove_file(entry.path()).await?;
            }
        }
        Ok(Self {
            folder: folder.into(),
            made: AtomicU64::new(0),
        })
    }

    /// A file for bytes that come, at most so many.
    ///
    /// # Errors
    /// What the system says.
    pub async fn receive(&self, limit: u64) -> io::Result<Incoming> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{COMING}{number}"));
        Incoming::create(Arc::clone(&self.folder), path, limit).await
    }

    /// The bytes of a component.
    ///
    /// # Errors
    /// What the system says, and where the file has another size.
    pub async fn read(&self, component: &Component) -> io::Result<File> {
        let file = File::open(path_of(&self.folder, component.sha256)).await?;
        let size = file.metadata().await?.len();
        if size == component.size {
            Ok(file)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the file has {size} bytes instead of {}", component.size),
            ))
        }
    }

    /// Throws bytes away; that they are missing is no error.
    ///
    /// # Errors
    /// What the system says.
    pub async fn remove(&self, sha256: Sha256) -> io::Result<()> {
        match fs::remove_file(path_of(&self.folder, sha256)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Where these bytes are.
pub(super) fn path_of(folder: &Path, sha256: Sha256) -> PathBuf {
    folder.join(sha256.to_string())
}
