//! Who this agent is: `identity.json`, written once by `enroll` and read by everything else.
//!
//! Beside it, until the identity is there, `enrolment.json` holds the random key of an enrolment under way, so
//! that an answer lost on the way is asked for again instead of making a second agent.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use rollcall_shared::AgentId;
use rollcall_shared::dial::KEY_PURPOSE;
use serde::{Deserialize, Serialize};

use crate::clock::{self, NoRandomness};
use crate::hex::Hex;
use crate::server_url::ServerUrl;
use crate::state_dir::{StateDir, StateError};

const IDENTITY: &str = "identity.json";
const ENROLMENT: &str = "enrolment.json";

/// Bytes of a secret.
const SECRET: usize = 32;

/// Who this agent is and which server it belongs to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The server.
    pub(crate) server: ServerUrl,
    /// The agent's id.
    pub(crate) agent: AgentId,
    /// Its secret. Sent to the server, never shown.
    pub(crate) secret: String,
    /// The pinned certificate, where one is: 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    /// Whether `http://` beyond this machine was allowed, twice, at enrolment.
    #[serde(default)]
    pub(crate) allow_plain_http: bool,
    /// What to call this agent instead of the host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Identity({} at {})", self.agent, self.server)
    }
}

/// Why there is no identity to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("{path} cannot be used: {source}. Restore it, or remove it and enrol again")]
    Corrupted { path: String, source: serde_json::Error },
    #[error("this machine is not enrolled: there is no {path}. Run `rollcall-agent enroll` first")]
    Missing { path: String },
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl Identity {
    /// The identity in `dir`; `None` before enrolment.
    pub(crate) fn find(dir: &StateDir) -> Result<Option<Self>, IdentityError> {
        let Some(bytes) = dir.read(IDENTITY, true)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| IdentityError::Corrupted {
                path: dir.file(IDENTITY).display().to_string(),
                source,
            })
    }

    /// The identity in `dir`, which must be there.
    pub(crate) fn load(dir: &StateDir) -> Result<Self, IdentityError> {
        Self::find(dir)?.ok_or_else(|| IdentityError::Missing {
            path: dir.file(IDENTITY).display().to_string(),
        })
    }

    /// The key by which this agent and its server prove themselves to each other where the server connects; `None`
    /// where the secret is of a kind that this version does not know.
    pub(crate) fn proof_key(&self) -> Option<hmac::Key> {
        let secret = URL_SAFE_NO_PAD.decode(&self.secret).ok()?;
        let secret = <[u8; SECRET]>::try_from(secret).ok()?;
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), KEY_PURPOSE);
        Some(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// Keeps it, for good when this returns; the enrolment's key is of no more use then.
    pub(crate) fn store(&self, dir: &StateDir) -> Result<(), IdentityError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|source| IdentityError::Corrupted {
            path: dir.file(IDENTITY).display().to_string(),
            source,
        })?;
        bytes.push(b'\n');
        dir.write(IDENTITY, &bytes, true)?;
        dir.remove(ENROLMENT)?;
        Ok(())
    }

    /// Forgets it: from then on nobody is enrolled in `dir`.
    pub(crate) fn forget(dir: &StateDir) -> Result<(), IdentityError> {
        Ok(dir.remove(IDENTITY)?)
    }
}

/// An enrolment under way.
#[derive(Serialize, Deserialize)]
struct Enrolment {
    server: ServerUrl,
    key: String,
}

/// The key with which to enrol at `server`: the one of an enrolment that was not finished, else a new one, kept
/// for good before it is returned.
pub(crate) fn enrolment_key(dir: &StateDir, server: &ServerUrl) -> Result<String, IdentityError> {
    if let Some(bytes) = dir.read(ENROLMENT, true)? {
        match serde_json::from_slice::<Enrolment>(&bytes) {
            Ok(begun) if begun.server == *server => return Ok(begun.key),
            // For another server, or of no use: nothing was enrolled by it that could be asked for.
            Ok(_) | Err(_) => {}
        }
    }
    let key = Hex(&clock::random_bytes::<32>()?).to_string();
    let begun = Enrolment {
        server: server.clone(),
        key,
    };
    let bytes = serde_json::to_vec(&begun).map_err(|source| IdentityError::Corrupted {
        path: dir.file(ENROLMENT).display().to_string(),
        source,
    })?;
    dir.write(ENROLMENT, &bytes, true)?;
    Ok(begun.key)
}

/// Gives up an enrolment under way: its key leads nowhere any more.
pub(crate) fn forget_enrolment(dir: &StateDir) -> Result<(), IdentityError> {
    Ok(dir.remove(ENROLMENT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> (tempfile::TempDir, StateDir) {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::open(parent.path().to_owned()).unwrap();
        (parent, dir)
    }

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn an_unfinished_enrolment_keeps_its_key_for_that_server() {
        let (_parent, dir) = dir();
        let key = enrolment_key(&dir, &url("https://a")).unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(enrolment_key(&dir, &url("https://a/")).unwrap(), key);
        assert_ne!(enrolment_key(&dir, &url("https://b")).unwrap(), key);
    }

    #[test]
    fn an_identity_reads_back_and_hides_its_secret() {
        let (_parent, dir) = dir();
        let identity = Identity {
            server: url("https://a"),
            agent: AgentId::from_bits(7),
            secret: "hidden".to_owned(),
            fingerprint: None,
            allow_plain_http: false,
            name: None,
        };
        enrolment_key(&dir, &identity.server).unwrap();
        identity.store(&dir).unwrap();
        let found = Identity::load(&dir).unwrap();
        assert_eq!((found.agent, found.secret.as_str()), (identity.agent, "hidden"));
        assert!(!format!("{found:?}").contains("hidden"));
        assert!(!dir.file(ENROLMENT).exists());
    }

    #[test]
    fn a_damaged_identity_is_named() {
        let (_parent, dir) = dir();
        dir.write(IDENTITY, b"{\"server\":\"https://a\",\"agent\":", true)
            .unwrap();
        let error = Identity::load(&dir).unwrap_err().to_string();
        assert!(error.contains("identity.json"), "{error}");
        assert!(Identity::load(&dir).is_err());
    }
}
