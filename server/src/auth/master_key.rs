//! The server's own key, from which agents' secrets are derived.
//!
//! An enrolment whose answer was lost is asked for again with the same key, and has to be answered with the
//! same secret, of which the database keeps only a hash. So the secret is not drawn but derived, from this key,
//! the agent's id and the agent's own random enrolment key: who lacks any of the three learns nothing.
//!
//! The key is a file beside the database and not in it: a copy of the database alone opens nothing.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use rollcall_shared::AgentId;

use super::proof_key::ProofKey;
use super::secret::Secret;
use crate::clock::{Clock, NoRandomness};

/// The file's name in the data folder.
const FILE: &str = "server.key";

/// Says what the derivation is for, so that another use of the key can never give the same bytes.
const PURPOSE: &[u8] = b"rollcall agent secret 1";

/// As [`PURPOSE`], for the key that proof keys are sealed with.
const SEAL_PURPOSE: &[u8] = b"rollcall proof keys at rest 1";

/// The server's key.
pub struct MasterKey {
    derive: hmac::Key,
    /// There always is one: the tag that it is made of is as long as its algorithm asks.
    seal: Option<LessSafeKey>,
}

/// The server's key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Its file cannot be read or written.
    #[error("the server's key {path} cannot be read or made")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its file holds something else.
    #[error(
        "the server's key {path} has {given} bytes instead of 32; restore it from a backup, or remove it: enrolments under way then start over"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How long it is.
        given: usize,
    },
    /// There is none yet, and none can be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl MasterKey {
    /// Reads the key in the data folder, or makes one that only its owner can read.
    ///
    /// # Errors
    /// Where the file cannot be read or made, or holds something else.
    pub fn open(data: &Path, clock: &Clock) -> Result<Self, MasterKeyError> {
        let path = data.join(FILE);
        let failed = |source| MasterKeyError::File {
            path: path.clone(),
            source,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let drawn = clock.random::<32>()?;
                write_new(&path, &drawn).map_err(failed)?;
                // Read back: another server may have been first.
                fs::read(&path).map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
        };
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| MasterKeyError::Damaged {
            path,
            given: bytes.len(),
        })?;
        Ok(Self::from_bytes(key))
    }

    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let derive = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let seal = hmac::sign(&derive, SEAL_PURPOSE);
        let seal = UnboundKey::new(&CHACHA20_POLY1305, seal.as_ref())
            .map(LessSafeKey::new)
            .ok();
        Self { derive, seal }
    }

    /// The secret of an agent that enrolled with this key of its own.
    #[must_use]
    pub fn agent_secret(&self, agent: AgentId, enrolment_key: &[u8; 32]) -> Secret {
        let mut context = hmac::Context::with_key(&self.derive);
        context.update(PURPOSE);
        context.update(&agent.bits().to_be_bytes());
        context.update(enrolment_key);
        let tag = context.sign();
        let mut bytes = [0_u8; 32];
        bytes.copy_from_slice(tag.as_ref());
        Secret::from_bytes(bytes)
    }

    /// An agent's proof key as the database may hold it: readable only with this key, and only as this agent's.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn seal(&self, agent: AgentId, key: &ProofKey, clock: &Clock) -> Result<Vec<u8>, NoRandomness> {
        let nonce = clock.random::<NONCE_LEN>()?;
        let mut sealed = key.as_bytes().to_vec();
        let aad = Aad::from(agent.bits().to_be_bytes());
        let done = self.seal.as_ref().is_some_and(|seal| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            seal.seal_in_place_append_tag(nonce, aad, &mut sealed).is_ok()
        });
        if !done {
            return Ok(Vec::new());
        }
        sealed.splice(..0, nonce);
        Ok(sealed)
    }

    /// What [`Self::seal`] sealed; nothing where it was sealed with another key, for another agent, or is damaged.
    #[must_use]
    pub fn unseal(&self, agent: AgentId, sealed: &[u8]) -> Option<ProofKey> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(agent.bits().to_be_bytes());
        let mut bytes = sealed.to_vec();
        let opened = self.seal.as_ref()?.open_in_place(nonce, aad, &mut bytes).ok()?;
        Some(ProofKey::from_bytes((&*opened).try_into().ok()?))
    }
}

/// Writes a file that appears whole or not at all, unless it is there already.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let agent = AgentId::from_bits(1);
        let first = MasterKey::open(data.path(), &clock)
            .unwrap()
            .agent_secret(agent, &[7; 32]);
        let again = MasterKey::open(data.path(), &clock)
            .unwrap()
            .agent_secret(agent, &[7; 32]);
        assert_eq!(first.to_string(), again.to_string());
        let mode = fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(data.path()).unwrap().count(),
            1,
            "no draft is left behind"
        );
    }

    #[test]
    fn another_agent_or_another_enrolment_has_another_secret() {
        let key = MasterKey::from_bytes([1; 32]);
        let secret = |agent, enrolment| {
            key.agent_secret(AgentId::from_bits(agent), &[enrolment; 32])
                .to_string()
        };
        assert_ne!(secret(1, 1), secret(2, 1));
        assert_ne!(secret(1, 1), secret(1, 2));
    }

    #[test]
    fn a_damaged_key_is_named_with_its_file() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(FILE), b"short").unwrap();
        let error = MasterKey::open(data.path(), &Clock::start())
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("server.key") && error.contains("5 bytes"),
            "{error}"
        );
    }

    #[test]
    fn a_sealed_proof_key_opens_for_its_agent_only() {
        let key = MasterKey::from_bytes([1; 32]);
        let agent = AgentId::from_bits(5);
        let proof_key = ProofKey::from_bytes([9; 32]);
        let sealed = key.seal(agent, &proof_key, &Clock::start()).unwrap();
        let opened = key.unseal(agent, &sealed).unwrap();
        assert_eq!(opened.as_bytes(), proof_key.as_bytes());
        assert!(key.unseal(AgentId::from_bits(6), &sealed).is_none());
        assert!(MasterKey::from_bytes([2; 32]).unseal(agent, &sealed).is_none());
        assert!(key.unseal(agent, &sealed[..20]).is_none());
        assert!(!sealed.windows(8).any(|window| window == [9; 8]));
    }
}
