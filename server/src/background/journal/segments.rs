//! The files in which entries are kept until the database has them: written one after the other, read back where
//! memory did not hold them, and removed as soon as all that is in one has landed.
//!
//! One thread has them. Nothing is synced: what a killed process has written is the system's to keep, and what a
//! power failure takes is at most what the database would not have had either.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::record::{self, Numbered};
use crate::error_chain::chain;

/// Bytes after which the next file begins: some ten thousand changes, which is also what is read back at once.
pub(super) const FULL: u64 = 4 << 20;

/// Bytes below which a file whose entries have all landed is written on, instead of being removed and made
/// anew with every batch. So many may be landed once more after a crash, which changes nothing.
const WORTH_REMOVING: u64 = 64 << 10;

/// What the names of the files end in.
const ENDING: &str = "journal";

/// What a file that cannot be read, or not whole, is called from then on: kept for a person to look at.
const DAMAGED: &str = "damaged";

/// Where files are made; a test's has no room when it is told to have none.
pub(super) trait Disk: Send {
    /// Makes a file that does not exist yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Growing>>;
}

/// A file that is written on.
pub(super) trait Growing: Write + Send {
    /// Throws away all after the first `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The system's disk.
pub(super) struct SystemDisk;

impl Disk for SystemDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Growing>> {
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        let mut options = File::options();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(options.open(path)?))
    }
}

/// Makes a folder, and what is above it. Names, addresses and keys are for the server only.
fn make(folder: &Path) -> io::Result<()> {
    let mut options = DirBuilder::new();
    options.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut options, 0o700);
    options.create(folder)
}

impl Growing for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// The files of a folder, the oldest first.
pub(super) struct Segments {
    disk: Box<dyn Disk>,
    folder: PathBuf,
    full: u64,
    /// What each file begins with.
    header: Vec<u8>,
    next: u64,
    closed: VecDeque<Segment>,
    open: Option<(Segment, Box<dyn Growing>)>,
}

struct Segment {
    path: PathBuf,
    size: u64,
    /// The greatest number in it.
    last: u64,
    /// Whether its entries are in memory too.
    held: bool,
}

/// What was read back.
pub(super) struct ReadBack {
    /// The entries.
    pub entries: Vec<Numbered>,
    /// The greatest number there was, also where it could not be read.
    pub last: u64,
}

impl Segments {
    /// New files of about `full` bytes for this database in a folder, after those that are in it. The folder is made with the first of them.
    pub(super) fn new(folder: PathBuf, disk: Box<dyn Disk>, full: u64, database: &str) -> Self {
        let last = list(&folder)
            .ok()
            .and_then(|files| files.last().map(|(number, _)| *number));
        Self {
            disk,
            folder,
            full,
            header: record::header(database),
            next: last.map_or(0, |last| last.saturating_add(1)),
            closed: VecDeque::new(),
            open: None,
        }
    }

    /// Writes the records of entries up to number `last`: all, or none.
    pub(super) fn append(&mut self, records: &[u8], last: u64, held: bool) -> io::Result<()> {
        if let Some((segment, _)) = &self.open
            && (segment.size >= self.full || segment.held != held)
        {
            self.shut();
        }
        let (mut segment, mut file) = match self.open.take() {
            Some(open) => open,
            None => self.begin(held)?,
        };
        if let Err(error) = file.write_all(records) {
            // Half a batch must not stay: the whole of it comes again. Where not even that works, reading passes
            // over what is torn.
            if segment.size <= self.header_size() {
                drop(file);
                discard(&segment.path);
            } else if file.cut(segment.size).is_ok() {
                self.open = Some((segment, file));
            } else {
                self.closed.push_back(segment);
            }
            return Err(error);
        }
        segment.size += u64::try_from(records.len()).unwrap_or(u64::MAX);
        segment.last = last;
        self.open = Some((segment, file));
        Ok(())
    }

    /// Writes so many bytes, and removes them.
    pub(super) fn probe(&mut self, size: usize) -> io::Result<()> {
        let (segment, mut file) = self.begin(true)?;
        // As a record that was not written whole, should the process be killed right here.
        let written = file.write_all(&record::torn(size));
        drop(file);
        discard(&segment.path);
        written
    }

    /// Makes the next file.
    fn begin(&mut self, held: bool) -> io::Result<(Segment, Box<dyn Growing>)> {
        let path = self.folder.join(format!("{:016}.{ENDING}", self.next));
        // Also where this fails: a name is never used twice.
        self.next = self.next.saturating_add(1);
        let mut file = self.disk.create(&path)?;
        if let Err(error) = file.write_all(&self.header) {
            drop(file);
            discard(&path);
            return Err(error);
        }
        let segment = Segment {
            path,
            size: self.header_size(),
            last: 0,
            held,
        };
        Ok((segment, file))
    }

    fn header_size(&self) -> u64 {
        u64::try_from(self.header.len()).unwrap_or(0)
    }

    /// Writes no more to the file that is written to.
    fn shut(&mut self) {
        if let Some((segment, _)) = self.open.take() {
            self.closed.push_back(segment);
        }
    }

    /// Removes the files of which all entries have numbers below `landed`; the one that is written to only where
    /// it is worth it, or where it must go (`all`).
    pub(super) fn remove_landed(&mut self, landed: u64, all: bool) {
        if let Some((segment, _)) = &self.open
            && segment.last < landed
            && (all || segment.size >= WORTH_REMOVING)
        {
            self.shut();
        }
        while let Some(oldest) = self.closed.pop_front_if(|oldest| oldest.last < landed) {
            discard(&oldest.path);
        }
    }

    /// Whether no file is left.
    pub(super) fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.open.is_none()
    }

    /// Whether there are entries that memory does not hold.
    pub(super) fn has_more(&self) -> bool {
        let open = self.open.iter().map(|(segment, _)| segment);
        self.closed.iter().chain(open).any(|segment| !segment.held)
    }

    /// Reads the oldest file that memory does not hold; its entries are held from then on.
    pub(super) fn read_back(&mut self) -> io::Result<Option<ReadBack>> {
        if self.open.as_ref().is_some_and(|(segment, _)| !segment.held) {
            self.shut();
        }
        let Some(segment) = self.closed.iter_mut().find(|segment| !segment.held) else {
            return Ok(None);
        };
        let entries = match std::fs::read(&segment.path) {
            Ok(file) => whole(&segment.path, &file),
            // Somebody took it away; waiting brings nothing back.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::error!(path = %segment.path.display(), "a file of the journal is gone, and what was in it");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        segment.held = true;
        // After a failed write there may be more in it, which comes again in the next file.
        let last = segment.last;
        let entries = entries
            .into_iter()
            .filter(|(number, _)| *number <= last)
            .collect();
        Ok(Some(ReadBack { entries, last }))
    }

    /// Sets the file aside that comes next to be read back. Where it is, and the greatest number in it.
    pub(super) fn give_up_reading(&mut self) -> io::Result<Option<(PathBuf, u64)>> {
        let Some(at) = self.closed.iter().position(|segment| !segment.held) else {
            return Ok(None);
        };
        let aside = set_aside(&self.closed[at].path)?;
        Ok(self.closed.remove(at).map(|segment| (aside, segment.last)))
    }
}

/// Gives a file another name, under which it is never landed, and which no other has.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut aside = path.with_extension(DAMAGED);
    for number in 1_u32.. {
        if !aside.try_exists()? {
            break;
        }
        aside = path.with_extension(format!("{number}.{DAMAGED}"));
    }
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

/// What can be read of a file that this process has written.
fn whole(path: &Path, file: &[u8]) -> Vec<Numbered> {
    let contents = record::decode(file).unwrap_or_default();
    if contents.damaged > 0 {
        tracing::error!(path = %path.display(), damaged = contents.damaged, "a file of the journal is damaged");
    }
    contents.entries
}

fn discard(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), error = chain(&error), "a file of the journal cannot be removed");
        }
        _ => {}
    }
}

/// The files of a folder with their numbers, in the order in which they were written; none where there is no folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(number) = number
            && path.extension().is_some_and(|ending| ending == ENDING)
        {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}
