//! The hook: a program that this machine's admin put there, run when a component has changed.
//!
//! The server never says what is run; it only says which component is new. The program is named as the component, in
//! the folder that `--hooks` names, and must be nobody else's to write.

use core::time::Duration;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rollcall_shared::agent_api::Offer;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a hook may take: restarting a service takes seconds, unpacking and migrating minutes.
pub(super) const WITHIN: Duration = Duration::from_mins(10);

/// How long what it wrote last is waited for after its end: something that it started may hold the line open.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);

/// How much of what it wrote last is kept, of its output and of its errors each: the one must not push out the other.
const LAST_WORDS: usize = 300;

/// Why a hook did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HookError {
    #[error("the hook {} can be written by others (mode {mode:04o}); it was not run", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the hook {} cannot be run", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("the hook {} is not executable", path.display())]
    NotExecutable { path: PathBuf },
    #[error("the hook ended with {ended}{}", Said(words))]
    Failed { ended: String, words: String },
    #[error("the hook did not end within {} s and was killed{}", within.as_secs(), Said(words))]
    TooLong { within: Duration, words: String },
}

struct Said<'a>(&'a str);

impl core::fmt::Display for Said<'_> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(out, "; it said: {}", self.0)
        }
    }
}

/// Ends the hook with all that it started, also where the agent ends.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may be gone by itself.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// Runs the hook of a component, where there is one.
pub(super) async fn run(
    hooks: Option<&Path>,
    offer: &Offer,
    file: &Path,
    within: Duration,
) -> Result<(), HookError> {
    let Some(path) = hooks.map(|hooks| hooks.join(offer.name.as_str())) else {
        return Ok(());
    };
    if !is_there(&path)? {
        return Ok(());
    }
    let unusable = |source| HookError::Unusable {
        path: path.clone(),
        source,
    };
    let file = std::path::absolute(file).map_err(unusable)?;
    let mut command = Command::new(std::path::absolute(&path).map_err(unusable)?);
    command
        .env_clear()
        .env(
            "PATH",
            std::env::var_os("PATH").unwrap_or_else(|| "/usr/sbin:/usr/bin:/sbin:/bin".into()),
        )
        .env("ROLLCALL_COMPONENT_NAME", offer.name.as_str())
        .env("ROLLCALL_COMPONENT_VERSION", offer.version.as_str())
        .env("ROLLCALL_COMPONENT_PATH", file)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(unusable)?;
    let group = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .map(Pid::from_raw);
    let mut group = Group(group);
    let mut words = Words::default();
    let ended = timeout(within, listen(&mut child, &mut words)).await;
    let words = || words.last();
    match ended {
        Ok(Ok(status)) if status.success() => {
            // What it started on purpose may go on.
            group.0 = None;
            Ok(())
        }
        Ok(Ok(status)) => Err(HookError::Failed {
            ended: status.to_string(),
            words: words(),
        }),
        Ok(Err(source)) => Err(unusable(source)),
        Err(_) => Err(HookError::TooLong {
            within,
            words: words(),
        }),
    }
}

/// Whether there is a hook, and nobody but this user and root can change what it is.
fn is_there(path: &Path) -> Result<bool, HookError> {
    let unusable = |source| HookError::Unusable {
        path: path.to_owned(),
        source,
    };
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(unusable(source)),
    };
    let folder = path.parent().unwrap_or(path);
    let folder_mode = std::fs::metadata(folder).map_err(unusable)?.mode();
    for (path, mode) in [(folder, folder_mode), (path, found.mode())] {
        if mode & 0o022 != 0 {
            return Err(HookError::Exposed {
                path: path.to_owned(),
                mode: mode & 0o7777,
            });
        }
    }
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return Err(HookError::NotExecutable {
            path: path.to_owned(),
        });
    }
    Ok(true)
}

/// Waits for its end and keeps what it wrote last.
async fn listen(child: &mut Child, words: &mut Words) -> io::Result<std::process::ExitStatus> {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut from_out, mut from_err) = ([0; 1024], [0; 1024]);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            read = read(&mut out, &mut from_out) => keep(&mut words.out, from_out.get(..read).unwrap_or_default()),
            read = read(&mut err, &mut from_err) => keep(&mut words.err, from_err.get(..read).unwrap_or_default()),
        }
    };
    let rest = async {
        while out.is_some() || err.is_some() {
            tokio::select! {
                read = read(&mut out, &mut from_out) => keep(&mut words.out, from_out.get(..read).unwrap_or_default()),
                read = read(&mut err, &mut from_err) => keep(&mut words.err, from_err.get(..read).unwrap_or_default()),
            }
        }
    };
    let _ = timeout(LAST_WORDS_WITHIN, rest).await;
    Ok(status)
}

/// What comes next; never, where nothing more can.
async fn read<R: AsyncRead + Unpin>(from: &mut Option<R>, buffer: &mut [u8]) -> usize {
    let Some(open) = from else {
        return core::future::pending().await;
    };
    match open.read(buffer).await {
        Ok(read) if read > 0 => read,
        _ => {
            *from = None;
            0
        }
    }
}

fn keep(words: &mut Vec<u8>, more: &[u8]) {
    words.extend_from_slice(more);
    let surplus = words.len().saturating_sub(LAST_WORDS);
    words.drain(..surplus);
}

/// What a hook wrote last.
#[derive(Debug, Default)]
struct Words {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Words {
    /// In one line, without what would rewrite it.
    fn last(&self) -> String {
        let texts = [&self.out, &self.err].map(|bytes| String::from_utf8_lossy(bytes));
        let words: Vec<&str> = texts
            .iter()
            .flat_map(|text| text.split(|one: char| one.is_control() || one == ' '))
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn offer() -> Offer {
        Offer {
            name: "av".parse().unwrap(),
            version: "2.1".parse().unwrap(),
            size: 1,
            sha256: "00".repeat(32).parse().unwrap(),
            sources: Vec::new(),
        }
    }

    fn hook(script: &str, mode: u32) -> tempfile::TempDir {
        let hooks = tempfile::tempdir().unwrap();
        let path = hooks.path().join("av");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        hooks
    }

    async fn ran(hooks: &Path, within: Duration) -> Result<(), String> {
        let ran = run(Some(hooks), &offer(), Path::new("/there/2.1"), within).await;
        ran.map_err(|error| crate::failure::chain(&error))
    }

    #[tokio::test]
    async fn a_hook_knows_what_is_new_and_nothing_of_the_agent() {
        let hooks = hook(
            "test \"$ROLLCALL_COMPONENT_NAME $ROLLCALL_COMPONENT_VERSION $ROLLCALL_COMPONENT_PATH\" = \
             'av 2.1 /there/2.1' && test -z \"$CARGO_PKG_NAME\" && test \"$(pwd)\" = /",
            0o700,
        );
        assert_eq!(ran(hooks.path(), WITHIN).await, Ok(()));
    }

    #[tokio::test]
    async fn where_there_is_no_hook_nothing_is_run() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(ran(empty.path(), WITHIN).await, Ok(()));
        assert_eq!(ran(&empty.path().join("missing"), WITHIN).await, Ok(()));
        assert!(run(None, &offer(), Path::new("/x"), WITHIN).await.is_ok());
    }

    #[tokio::test]
    async fn a_hook_that_fails_is_told_with_its_code_and_last_words() {
        let hooks = hook(
            "seq 1 5000; printf 'no such\\033[2J\\nservice' >&2; exit 7",
            0o700,
        );
        let told = ran(hooks.path(), WITHIN).await.unwrap_err();
        assert!(told.contains("exit status: 7"), "{told}");
        assert!(told.contains("no such [2J service"), "{told}");
        assert!(told.len() < 800, "{told}");
    }

    #[tokio::test]
    async fn a_hook_that_hangs_is_killed_with_all_that_it_started() {
        let hooks = hook("echo working; sleep 1000 & echo $! > \"$0.child\"; wait", 0o700);
        let told = ran(hooks.path(), Duration::from_millis(300)).await.unwrap_err();
        assert!(told.contains("did not end within"), "{told}");
        let child: i32 = fs::read_to_string(hooks.path().join("av.child"))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let gone = async {
            // A zombie still has its number until its parent, by then init, has looked.
            while fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_mins(1), gone)
            .await
            .expect("the child is gone");
    }

    #[tokio::test]
    async fn a_hook_that_leaves_a_service_behind_has_ended() {
        let hooks = hook("sleep 5 & echo started", 0o700);
        assert_eq!(ran(hooks.path(), WITHIN).await, Ok(()));
    }

    #[tokio::test]
    async fn a_hook_that_others_can_write_or_nobody_can_run_is_not_run() {
        for (mode, why) in [(0o722, "written by others"), (0o600, "not executable")] {
            let hooks = hook("touch \"$0.ran\"", mode);
            let told = ran(hooks.path(), WITHIN).await.unwrap_err();
            assert!(told.contains(why), "{told}");
            assert!(!hooks.path().join("av.ran").exists());
        }
        let hooks = hook("true", 0o700);
        fs::set_permissions(hooks.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(
            ran(hooks.path(), WITHIN)
                .await
                .unwrap_err()
                .contains("written by others")
        );
    }
}
