//! The folder in which an agent keeps what it must not forget, readable by its owner only.
//!
//! Files are replaced whole (written beside, then renamed), so that a crash or a full disk leaves the old one.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Larger than any file that an agent writes; what is larger was not written by one.
const LARGEST_FILE: u64 = 64 * 1024;

/// Held by the process that runs for this folder.
const LOCK: &str = "lock";

/// As many characters as the largest process id has, so that a new one always covers the one before.
const HOLDER_WIDTH: usize = 10;

/// `status` takes the lock for an instant to see whether it is free; a start in that instant tries again.
const LOCK_TRIES: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct StateDir {
    path: PathBuf,
}

/// What is wrong with the folder or a file in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("no state directory is known: HOME is not set; name one with --state")]
    Homeless,
    #[error("cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{} can be {} by others (mode {mode:04o}); nothing was read. Make it yours alone: chmod {} {}",
        path.display(), if *writable_dir { "written" } else { "read" },
        if *writable_dir { "700" } else { "600" }, path.display()
    )]
    Exposed {
        path: PathBuf,
        mode: u32,
        writable_dir: bool,
    },
    #[error("{} is not a file that this program wrote: it is larger than {LARGEST_FILE} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error("there is no {}: nobody is enrolled there. Run `rollcall-agent enroll` first", path.display())]
    Absent { path: PathBuf },
    #[error("another rollcall-agent runs with the state directory {}", path.display())]
    Locked { path: PathBuf },
}

/// Holds the folder for this process until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Says which process holds it, for who wants to send that a signal. Where it cannot be written, nobody can.
    pub(crate) fn name_process(&mut self, pid: u32) {
        let _ = self.write(&pid.to_string());
    }

    /// What the process before this one left must not be taken for this one. Overwritten in place, so that a full
    /// disk stays as full as it is.
    fn name_nobody(&mut self) -> io::Result<()> {
        self.write("").or_else(|_| self.file.set_len(0))
    }

    fn write(&mut self, holder: &str) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(format!("{holder:<HOLDER_WIDTH$}").as_bytes())
    }
}

impl StateDir {
    /// The folder that is meant where none is named: systemd's, else the system's for root, else the user's.
    pub(crate) fn default_path() -> Result<PathBuf, StateError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(listed) = set("STATE_DIRECTORY") {
            let listed = listed.to_string_lossy().into_owned();
            return Ok(PathBuf::from(listed.split(':').next().unwrap_or_default()));
        }
        if nix::unistd::geteuid().is_root() {
            return Ok(PathBuf::from("/var/lib/rollcall-agent"));
        }
        if let Some(state) = set("XDG_STATE_HOME").map(PathBuf::from)
            && state.is_absolute()
        {
            return Ok(state.join("rollcall-agent"));
        }
        let home = set("HOME").ok_or(StateError::Homeless)?;
        Ok(Path::new(&home).join(".local/state/rollcall-agent"))
    }

    /// The folder at `path`, made where it is missing.
    pub(crate) fn make(path: PathBuf) -> Result<Self, StateError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|source| StateError::Io {
                path: path.clone(),
                source,
            })?;
        Self::open(path)
    }

    /// The folder at `path`, which must be there and be written by nobody else.
    pub(crate) fn open(path: PathBuf) -> Result<Self, StateError> {
        let mode = match fs::metadata(&path) {
            Ok(found) => found.mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StateError::Absent { path }),
            Err(source) => return Err(StateError::Io { path, source }),
        };
        if mode & 0o022 != 0 {
            return Err(StateError::Exposed {
                path,
                mode: mode & 0o7777,
                writable_dir: true,
            });
        }
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The bytes of a file; `None` where there is none. A `secret` one must be its owner's alone.
    pub(crate) fn read(&self, name: &str, secret: bool) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.file(name);
        let failed = |source| StateError::Io {
            path: path.clone(),
            source,
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(other) => return Err(failed(other)),
        };
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if secret && mode & 0o077 != 0 {
            return Err(StateError::Exposed {
                path,
                mode: mode & 0o7777,
                writable_dir: false,
            });
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(StateError::TooLarge { path });
        }
        Ok(Some(bytes))
    }

    /// Replaces a file whole. A `durable` one is on the disk when this returns.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], durable: bool) -> Result<(), StateError> {
        let path = self.file(name);
        let beside = self.file(&format!(".{name}.new"));
        let written = self.replace(&path, &beside, bytes, durable);
        if written.is_err() {
            // Half a file on a full disk only takes room; that it is left behind changes nothing.
            let _ = fs::remove_file(&beside);
        }
        written.map_err(|source| StateError::Io { path, source })
    }

    fn replace(&self, path: &Path, beside: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
        // What a killed process left is removed, not reused: its mode may be another.
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(beside)?;
        self.give_to_owner(&file)?;
        file.write_all(bytes)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(beside, path)?;
        if durable {
            File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }

    /// Root may enrol for a service that runs as another user: what it makes belongs to the folder's owner, or the
    /// service could not read it.
    fn give_to_owner(&self, file: &File) -> io::Result<()> {
        let (owner, made) = (fs::metadata(&self.path)?, file.metadata()?);
        if nix::unistd::geteuid().is_root() && owner.uid() != made.uid() {
            fchown(file, Some(owner.uid()), Some(owner.gid()))?;
        }
        Ok(())
    }

    /// Removes a file; that it is missing is no error.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StateError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StateError::Io { path, source }),
            _ => Ok(()),
        }
    }

    /// Takes the lock for this process.
    pub(crate) async fn lock(&self) -> Result<Lock, StateError> {
        let path = self.file(LOCK);
        let failed = |source| StateError::Io {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        self.give_to_owner(&file).map_err(failed)?;
        for _ in 1..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => {
                    let mut lock = Lock { file };
                    lock.name_nobody().map_err(failed)?;
                    return Ok(lock);
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            }
        }
        Err(StateError::Locked {
            path: self.path.clone(),
        })
    }

    /// Whether a process holds the lock.
    pub(crate) fn is_locked(&self) -> Result<bool, StateError> {
        let path = self.file(LOCK);
        match File::open(&path) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(source)) => Err(StateError::Io { path, source }),
            },
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StateError::Io { path, source }),
        }
    }
}

impl StateDir {
    /// The process that holds the lock, where one does and says so.
    pub(crate) fn holder(&self) -> Result<Option<u32>, StateError> {
        let named = self.read(LOCK, false)?;
        // Asked after reading: what is read of a lock that is held now is of who holds it, or nothing.
        if !self.is_locked()? {
            return Ok(None);
        }
        Ok(named
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.trim().parse().ok()))
    }
}

/// The folder that was named, or the one that is meant.
pub(crate) fn path_or_default(named: Option<&OsStr>) -> Result<PathBuf, StateError> {
    named.map_or_else(StateDir::default_path, |path| Ok(PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (tempfile::TempDir, StateDir) {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::make(parent.path().join("a b").join("state")).unwrap();
        (parent, dir)
    }

    #[test]
    fn folder_and_files_are_their_owners_alone() {
        let (_parent, dir) = made();
        dir.write("one", b"1", true).unwrap();
        assert_eq!(fs::metadata(dir.path()).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(fs::metadata(dir.file("one")).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(dir.read("one", true).unwrap().as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_the_way_to_mend_it() {
        let (_parent, dir) = made();
        dir.write("one", b"1", false).unwrap();
        fs::set_permissions(dir.file("one"), fs::Permissions::from_mode(0o640)).unwrap();
        let refused = dir.read("one", true).unwrap_err().to_string();
        assert!(
            refused.contains("0640") && refused.contains("chmod 600"),
            "{refused}"
        );
        assert!(dir.read("one", false).unwrap().is_some());
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        let (_parent, dir) = made();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refused = StateDir::open(dir.path().to_owned()).unwrap_err().to_string();
        assert!(
            refused.contains("0777") && refused.contains("chmod 700"),
            "{refused}"
        );
    }

    #[test]
    fn what_a_killed_process_left_half_written_is_replaced() {
        let (_parent, dir) = made();
        fs::write(dir.file(".one.new"), b"half").unwrap();
        dir.write("one", b"whole", false).unwrap();
        assert_eq!(dir.read("one", false).unwrap().unwrap(), b"whole");
        assert!(!dir.file(".one.new").exists());
    }

    #[test]
    fn what_root_makes_belongs_to_the_folders_owner() {
        if !nix::unistd::geteuid().is_root() {
            let missing = "root, who alone can give files away";
            assert!(
                std::env::var_os("ROLLCALL_STRICT").is_none(),
                "nothing is skipped where ROLLCALL_STRICT is set; missing: {missing}"
            );
            writeln!(io::stderr(), "SKIPPED: this test needs {missing}").unwrap();
            return;
        }
        let (_parent, dir) = made();
        std::os::unix::fs::chown(dir.path(), Some(65_534), Some(65_534)).unwrap();
        dir.write("one", b"1", true).unwrap();
        let made = fs::metadata(dir.file("one")).unwrap();
        assert_eq!(
            (made.uid(), made.gid(), made.mode() & 0o7777),
            (65_534, 65_534, 0o600)
        );
    }

    #[test]
    fn a_huge_file_is_not_read_into_memory() {
        let (_parent, dir) = made();
        File::create(dir.file("one")).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(dir.read("one", false), Err(StateError::TooLarge { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_is_held_once_and_seen_by_others() {
        let (_parent, dir) = made();
        assert!(!dir.is_locked().unwrap());
        let mut held = dir.lock().await.unwrap();
        assert!(dir.is_locked().unwrap());
        assert_eq!(dir.holder().unwrap(), None, "it did not say");
        held.name_process(4711);
        assert_eq!(dir.holder().unwrap(), Some(4711));
        assert!(matches!(dir.lock().await, Err(StateError::Locked { .. })));
        drop(held);
        assert!(!dir.is_locked().unwrap());
        assert_eq!(dir.holder().unwrap(), None, "it is gone");
        let _held = dir.lock().await.unwrap();
        assert_eq!(dir.holder().unwrap(), None, "the one before it is gone");
    }
}
