//! A component on the disk: `<state>/components/<name>/<version>`, and beside it `current`, a link to the version that
//! is to be used.
//!
//! A version has its name only when its bytes are verified and on the disk; what is still coming is `.part-<sha256>`,
//! which says what it is of. The link is replaced by a rename, so that who reads through it finds the old bytes or the
//! new ones, whole. All of it waits for the disk: it is run beside the agent's one thread.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use rollcall_shared::agent_api::Offer;
use rollcall_shared::{ComponentVersion, Sha256};

/// The link to what is to be used.
const CURRENT: &str = "current";
/// The link that takes its place.
const NEXT: &str = ".current.new";
/// How the name of a part begins.
const PART: &str = ".part-";

/// How much is read at once to be verified.
const CHUNK: usize = 128 * 1024;

/// What is left to the machine: a disk that is full to the last byte stops more than this agent.
pub(super) const LEFT_FREE: u64 = 16 * 1024 * 1024;

/// The folder of one component.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    version: ComponentVersion,
    size: u64,
    sha256: Sha256,
}

/// What is here of a version, open to be added to.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    /// How many bytes are here.
    pub(super) have: u64,
}

impl Part {
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        // At its place, not at the end: an attempt that was dropped may still be writing the same bytes.
        self.file.write_all_at(bytes, self.have)?;
        self.have += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.have = 0;
        Ok(())
    }
}

impl Folder {
    /// That of an offer, below `components`.
    pub(super) fn of(components: &Path, offer: &Offer) -> Self {
        Self {
            path: components.join(offer.name.as_str()),
            version: offer.version.clone(),
            size: offer.size,
            sha256: offer.sha256,
        }
    }

    /// Where the version is.
    pub(super) fn file(&self) -> PathBuf {
        self.path.join(self.version.as_str())
    }

    fn part(&self) -> PathBuf {
        self.path.join(format!("{PART}{}", self.sha256))
    }

    /// Whether the version is here, as it should be: an earlier attempt got as far as its hook.
    pub(super) fn is_here(&self) -> io::Result<bool> {
        match File::open(self.file()) {
            Ok(file) => Ok(file.metadata()?.len() == self.size && digest(file)? == self.sha256),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is here of it; parts of other versions are removed.
    pub(super) fn begin(&self) -> io::Result<Part> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let own = self.part();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let is_part = entry.file_name().to_string_lossy().starts_with(PART);
            if is_part && entry.path() != own {
                fs::remove_file(entry.path())?;
            }
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&own)?;
        let mut part = Part {
            have: file.metadata()?.len(),
            file,
        };
        if part.have > self.size {
            part.empty()?;
        }
        Ok(part)
    }

    /// Whether the rest of it has room.
    pub(super) fn has_room(&self, have: u64) -> io::Result<bool> {
        let disk = nix::sys::statvfs::statvfs(&self.path)?;
        #[expect(
            clippy::useless_conversion,
            reason = "the counts have other widths on other platforms"
        )]
        let free = u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size()));
        Ok(free >= self.size.saturating_sub(have).saturating_add(LEFT_FREE))
    }

    /// Throws away what came.
    pub(super) fn give_up(&self) -> io::Result<()> {
        match fs::remove_file(self.part()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads the whole part back from the disk; whether it is what it should be. If so it has its name from then on.
    pub(super) fn verify(&self) -> io::Result<bool> {
        let part = File::open(self.part())?;
        part.sync_all()?;
        if part.metadata()?.len() != self.size || digest(part)? != self.sha256 {
            return Ok(false);
        }
        fs::rename(self.part(), self.file())?;
        self.sync()?;
        Ok(true)
    }

    /// Makes `version` the one that is used; nothing where there is none.
    fn point_to(&self, version: Option<&ComponentVersion>) -> io::Result<()> {
        let (current, next) = (self.path.join(CURRENT), self.path.join(NEXT));
        remove(&next)?;
        match version {
            Some(version) => {
                symlink(version.as_str(), &next)?;
                fs::rename(&next, &current)?;
            }
            None => remove(&current)?,
        }
        self.sync()
    }

    /// Makes this version the one that is used.
    pub(super) fn swap_in(&self) -> io::Result<()> {
        self.point_to(Some(&self.version))
    }

    /// Goes back to the one before, where that is still here.
    pub(super) fn swap_back(&self, before: Option<&ComponentVersion>) -> io::Result<()> {
        self.point_to(before.filter(|before| self.path.join(before.as_str()).is_file()))
    }

    /// Removes what was here before: the new one has proved itself.
    pub(super) fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            if name != self.version.as_str() && name != CURRENT && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Or names may be gone after a power cut.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn digest(mut file: File) -> io::Result<Sha256> {
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        context.update(chunk.get(..read).unwrap_or_default());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Ok(Sha256::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(version: &str, bytes: &[u8]) -> Offer {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(ring::digest::digest(&SHA256, bytes).as_ref());
        Offer {
            name: "av".parse().unwrap(),
            version: version.parse().unwrap(),
            size: bytes.len() as u64,
            sha256: Sha256::from_bytes(sha256),
            sources: Vec::new(),
        }
    }

    fn put(home: &Path, version: &str, bytes: &[u8]) -> Folder {
        let folder = Folder::of(home, &offer(version, bytes));
        folder.begin().unwrap().add(bytes).unwrap();
        assert!(folder.verify().unwrap());
        folder
    }

    fn names(home: &Path) -> Vec<String> {
        let entries = fs::read_dir(home.join("av")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn used(home: &Path) -> Option<Vec<u8>> {
        fs::read(home.join("av/current")).ok()
    }

    #[test]
    fn a_version_is_used_once_it_is_swapped_in_and_the_one_before_goes_last() {
        let home = tempfile::tempdir().unwrap();
        let first = put(home.path(), "1", b"one");
        assert_eq!(used(home.path()), None);
        first.swap_in().unwrap();
        let second = put(home.path(), "2", b"two!");
        assert_eq!(used(home.path()).unwrap(), b"one");
        second.swap_in().unwrap();
        assert_eq!(used(home.path()).unwrap(), b"two!");
        assert_eq!(names(home.path()), ["1", "2", "current"]);
        second.swap_back(Some(&"1".parse().unwrap())).unwrap();
        assert_eq!(used(home.path()).unwrap(), b"one");
        assert!(second.is_here().unwrap());
        second.swap_in().unwrap();
        second.tidy().unwrap();
        assert_eq!(names(home.path()), ["2", "current"]);
        second.swap_back(Some(&"1".parse().unwrap())).unwrap();
        assert_eq!(used(home.path()), None, "the one before is not here any more");
    }

    #[test]
    fn what_is_not_whole_or_not_right_never_gets_its_name() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::of(home.path(), &offer("1", b"right"));
        for wrong in [&b"righ"[..], b"wrong", b"right and more"] {
            let mut part = folder.begin().unwrap();
            part.empty().unwrap();
            part.add(wrong).unwrap();
            assert!(!folder.verify().unwrap());
            assert!(!folder.is_here().unwrap());
        }
        assert_eq!(
            folder.begin().unwrap().have,
            0,
            "more than there can be is none of it"
        );
        folder.give_up().unwrap();
        folder.give_up().unwrap();
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn a_part_is_gone_on_with_and_parts_of_other_bytes_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let other = Folder::of(home.path(), &offer("1", b"other"));
        other.begin().unwrap().add(b"oth").unwrap();
        let folder = Folder::of(home.path(), &offer("2", b"right"));
        folder.begin().unwrap().add(b"rig").unwrap();
        assert_eq!(names(home.path()).len(), 1);
        let mut again = folder.begin().unwrap();
        assert_eq!(again.have, 3);
        again.add(b"ht").unwrap();
        assert!(folder.verify().unwrap());
        assert!(folder.is_here().unwrap());
        fs::write(folder.file(), b"wrong").unwrap();
        assert!(
            !folder.is_here().unwrap(),
            "it is looked at again before it is used"
        );
    }

    #[test]
    fn a_version_that_does_not_fit_on_the_disk_is_not_begun() {
        let home = tempfile::tempdir().unwrap();
        let mut large = offer("1", b"x");
        large.size = 1 << 60;
        let folder = Folder::of(home.path(), &large);
        folder.begin().unwrap();
        assert!(!folder.has_room(0).unwrap());
        assert!(folder.has_room((1 << 60) - 1).unwrap());
    }
}
