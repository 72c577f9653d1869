//! A Postgres that a test may stop and start: a cluster of its own, run as a child.
//!
//! Not `.ci/postgres`, whose cluster all tests of a run share, and which is gone for good once it was stopped.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::real::moment::until_so;
use crate::real::process::{Process, tool};
use crate::real::skipped::is_root;

/// The user that Debian's package makes: Postgres refuses to run as root.
const USER: &str = "postgres";

/// A cluster.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    process: Option<Process>,
}

impl Postgres {
    /// Makes and starts one; where Postgres is not installed, says so.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or("Postgres (apt-get install postgresql)")?;
        // Where its user can read it, and short enough for the path of a socket.
        let folder = tempfile::Builder::new()
            .prefix("rcpg")
            .tempdir_in("/tmp")
            .unwrap();
        if is_root() {
            tool(Command::new("chown").arg(USER).arg(folder.path()))?;
        }
        let mut cluster = Self {
            programs,
            folder,
            process: None,
        };
        let mut initdb = cluster.command("initdb");
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ]);
        tool(initdb.arg(cluster.data()))?;
        cluster.launch();
        Ok(cluster)
    }

    /// Starts it, again after a stop, and waits until it answers.
    pub(crate) fn launch(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data());
        for setting in [
            "listen_addresses=",
            "fsync=off",
            "shared_buffers=16MB",
            &format!("unix_socket_directories={}", self.folder.path().display()),
        ] {
            command.arg("-c").arg(setting);
        }
        self.process = Some(Process::start(command, &self.folder.path().join("log")));
        until_so("Postgres answers", || {
            let mut ready = self.command("pg_isready");
            tool(ready.arg("-h").arg(self.folder.path())).is_ok()
        });
    }

    /// Stops it at once, as an administrator in a hurry does: it takes no leave of its clients.
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.signal(Signal::QUIT);
        process.end();
    }

    /// Where a server finds it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres@localhost/postgres?host={}",
            self.folder.path().display()
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.stop();
        }
    }
}

/// Those of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(Path::new("/usr/lib/postgresql")).ok()?;
    versions
        .filter_map(|version| {
            let path = version.ok()?.path();
            let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb")
                .exists()
                .then(|| (number, path.join("bin")))
        })
        .max()
        .map(|(_, programs)| programs)
}
