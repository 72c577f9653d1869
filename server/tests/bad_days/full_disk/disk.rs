//! A small disk of memory, that only those see who enter its namespace of mounts: gone with the process that holds it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::real::moment::until_so;
use crate::real::process::{Process, tool};
use crate::real::skipped::is_root;

/// Room for the database and its log, and little more.
const SIZE: &str = "size=8m";

/// Mounts it at `$0` and stays, so that its namespace does.
const HOLD: &str = "mount -t tmpfs -o \"$1\" tmpfs \"$0\" && touch \"$0/mounted\" && exec sleep infinity";

/// The disk.
pub(crate) struct Disk {
    holder: Process,
    at: PathBuf,
}

impl Disk {
    /// Mounts it at `folder`; says what is missing where that may not be done here.
    pub(crate) fn mount(folder: &Path) -> Result<Self, String> {
        let unshare = |words: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--propagation", "private"]).args(words);
            command
        };
        if !is_root() {
            return Err("the right to mount a disk (root)".to_owned());
        }
        tool(&mut unshare(&["mount", "-t", "tmpfs", "tmpfs", "/tmp"]))
            .map_err(|error| format!("the right to mount a disk: {error}"))?;
        let mut hold = unshare(&["sh", "-c", HOLD]);
        hold.arg(folder).arg(SIZE);
        let mut disk = Self {
            holder: Process::start(hold, &folder.join("holder.log")),
            at: folder.to_owned(),
        };
        until_so("the disk is mounted", || {
            assert!(disk.holder.ended().is_none(), "the disk cannot be mounted");
            disk.seen("mounted").exists()
        });
        Ok(disk)
    }

    /// What makes a command see it.
    pub(crate) fn entering(&self) -> Vec<String> {
        let namespace = format!("--mount=/proc/{}/ns/mnt", self.holder.id());
        vec!["nsenter".to_owned(), namespace, "--".to_owned()]
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.seen("filler"))
            .unwrap();
        for size in [1 << 16, 1 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Makes room again.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.seen("filler")).unwrap();
    }

    /// A file on it, as the test sees it.
    fn seen(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.at.strip_prefix("/").unwrap()).join(name)
    }
}
