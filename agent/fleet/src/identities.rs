//! The file of identities: who was enrolled, so that the next run uses them again.
//!
//! The first line names the server and holds a random seed; each line after it is an agent. The key with which an agent
//! enrols follows from the seed and the agent's number. So whatever is lost (an answer, the rest of a run) is asked for
//! again with the same key, and takes no further use of the token.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ring::hmac;
use rollcall_shared::AgentId;
use serde::{Deserialize, Serialize};

use crate::clock::{self, NoRandomness};
use crate::hex::Hex;
use crate::server_url::ServerUrl;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Title {
    server: ServerUrl,
    seed: String,
}

/// An enrolled agent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Its number, from 0.
    pub(crate) number: u32,
    /// Its id.
    pub(crate) agent: AgentId,
    /// Its secret.
    pub(crate) secret: String,
}

impl core::fmt::Debug for Identity {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "Identity({}: {})", self.number, self.agent)
    }
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentitiesError {
    #[error("{path}: cannot be read or written")]
    Io { path: String, source: io::Error },
    #[error("{path}, line {line}: is no identity. Restore the file, or remove it and enrol anew")]
    Damaged {
        path: String,
        line: usize,
        source: serde_json::Error,
    },
    #[error("{path} holds agents of {of}, not of {given}. Name another file with --identities")]
    OfAnother { path: String, of: String, given: String },
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// The file, open for those that are still to be enrolled.
#[derive(Debug)]
pub(crate) struct Identities {
    path: PathBuf,
    file: BufWriter<File>,
    seed: String,
    /// Those of the numbers asked for that are enrolled; nothing where one is not.
    known: Vec<Option<Identity>>,
}

impl Identities {
    /// Opens the file of `server`, or begins one, for agents with the numbers below `agents`.
    pub(crate) fn open(path: &Path, server: &ServerUrl, agents: u32) -> Result<Self, IdentitiesError> {
        let io = |source| IdentitiesError::Io {
            path: path.display().to_string(),
            source,
        };
        let mut known = vec![None; agents as usize];
        // Secrets are for their owner.
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        let seed = if let Some(seed) = read(path, &file, server, &mut known)? {
            seed
        } else {
            let seed = Hex(&clock::random_bytes::<32>()?).to_string();
            let title = Title {
                server: server.clone(),
                seed: seed.clone(),
            };
            write_line(&mut &file, &title).map_err(io)?;
            seed
        };
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            seed,
            known,
        })
    }

    /// The numbers that are still to be enrolled.
    pub(crate) fn missing(&self) -> Vec<u32> {
        (0..)
            .zip(&self.known)
            .filter(|(_, known)| known.is_none())
            .map(|(number, _)| number)
            .collect()
    }

    /// The key with which an agent enrols.
    pub(crate) fn key(&self, number: u32) -> String {
        let seed = hmac::Key::new(hmac::HMAC_SHA256, self.seed.as_bytes());
        let digest = hmac::sign(&seed, &number.to_be_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Hex(&bytes).to_string()
    }

    /// Keeps an agent that was just enrolled.
    pub(crate) fn keep(&mut self, identity: Identity) -> Result<(), IdentitiesError> {
        write_line(&mut self.file, &identity).map_err(|source| self.io(source))?;
        if let Some(place) = self.known.get_mut(identity.number as usize) {
            *place = Some(identity);
        }
        Ok(())
    }

    /// Writes down all that was kept.
    pub(crate) fn flush(&mut self) -> Result<(), IdentitiesError> {
        self.file.flush().map_err(|source| self.io(source))
    }

    /// Those that are enrolled, in the order of their numbers.
    pub(crate) fn into_known(self) -> Vec<Identity> {
        self.known.into_iter().flatten().collect()
    }

    fn io(&self, source: io::Error) -> IdentitiesError {
        IdentitiesError::Io {
            path: self.path.display().to_string(),
            source,
        }
    }
}

/// Reads what is there; gives its seed, or nothing where it is empty. A last line that was cut off by a killed run is
/// taken away: who it was is asked for again.
fn read(
    path: &Path,
    mut file: &File,
    server: &ServerUrl,
    known: &mut [Option<Identity>],
) -> Result<Option<String>, IdentitiesError> {
    let path = || path.display().to_string();
    let io = |source| IdentitiesError::Io { path: path(), source };
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(io)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        file.set_len(whole as u64).map_err(io)?;
    }
    let mut seed = None;
    for (line, number) in text[..whole].lines().zip(1..) {
        let damaged = |source| IdentitiesError::Damaged {
            path: path(),
            line: number,
            source,
        };
        if seed.is_none() {
            let title: Title = serde_json::from_str(line).map_err(damaged)?;
            if title.server != *server {
                return Err(IdentitiesError::OfAnother {
                    path: path(),
                    of: title.server.to_string(),
                    given: server.to_string(),
                });
            }
            seed = Some(title.seed);
            continue;
        }
        let identity: Identity = serde_json::from_str(line).map_err(damaged)?;
        if let Some(place) = known.get_mut(identity.number as usize) {
            *place = Some(identity);
        }
    }
    Ok(seed)
}

fn write_line(out: &mut impl io::Write, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    fn identity(number: u32) -> Identity {
        Identity {
            number,
            agent: AgentId::from_bits(number.into()),
            secret: "s".repeat(43),
        }
    }

    #[test]
    fn the_next_run_uses_those_that_were_enrolled_and_asks_again_with_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identities");
        let mut first = Identities::open(&path, &url("http://127.0.0.1:1"), 3).unwrap();
        assert_eq!(first.missing(), [0, 1, 2]);
        let key = first.key(2);
        assert_eq!(key.len(), 64);
        assert_ne!(key, first.key(1));
        first.keep(identity(1)).unwrap();
        first.flush().unwrap();

        let again = Identities::open(&path, &url("http://127.0.0.1:1/"), 4).unwrap();
        assert_eq!(again.missing(), [0, 2, 3]);
        assert_eq!(again.key(2), key);
        assert_eq!(again.into_known(), [identity(1)]);
    }

    #[test]
    fn fewer_agents_than_are_enrolled_are_the_first_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identities");
        let mut all = Identities::open(&path, &url("http://a"), 5).unwrap();
        (0..5).for_each(|number| all.keep(identity(number)).unwrap());
        all.flush().unwrap();
        let some = Identities::open(&path, &url("http://a"), 2).unwrap();
        assert_eq!(some.into_known(), [identity(0), identity(1)]);
    }

    #[test]
    fn a_file_of_another_server_and_a_damaged_one_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identities");
        drop(Identities::open(&path, &url("http://a"), 1).unwrap());
        let other = Identities::open(&path, &url("http://b"), 1)
            .unwrap_err()
            .to_string();
        assert!(
            other.contains("http://a") && other.contains("http://b"),
            "{other}"
        );
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"number\":\n");
        std::fs::write(&path, text).unwrap();
        let damaged = Identities::open(&path, &url("http://a"), 1)
            .unwrap_err()
            .to_string();
        assert!(damaged.contains("line 2"), "{damaged}");
    }

    #[test]
    fn a_line_that_a_killed_run_left_half_written_is_asked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identities");
        let mut all = Identities::open(&path, &url("http://a"), 2).unwrap();
        (0..2).for_each(|number| all.keep(identity(number)).unwrap());
        all.flush().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        let mut again = Identities::open(&path, &url("http://a"), 2).unwrap();
        assert_eq!(again.missing(), [1]);
        again.keep(identity(1)).unwrap();
        again.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn no_secret_is_shown() {
        assert!(!format!("{:?}", identity(1)).contains("sss"));
    }
}
