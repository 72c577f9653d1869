//! The key with which an agent and the server prove themselves to each other where the agent cannot present its
//! secret: where the server connects to it ([`rollcall_shared::dial`]).
//!
//! Derived from the agent's secret, of which the server keeps only a hash; so this key is kept beside it, sealed
//! under the server's own key.

use ring::hmac;
use rollcall_shared::dial::{KEY_PURPOSE, MAC};

use super::secret::Secret;

/// An agent's proof key.
#[derive(Clone)]
pub struct ProofKey([u8; Self::BYTES]);

impl ProofKey {
    /// As many as HMAC-SHA256 gives.
    pub const BYTES: usize = 32;

    /// The proof key of an agent with this secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(tag(secret.as_bytes(), KEY_PURPOSE))
    }

    /// The key of these bytes, as they were sealed.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// The MAC of a text.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; MAC] {
        tag(&self.0, text)
    }

    /// Whether this is the MAC of a text; in a time that does not tell where it differs.
    #[must_use]
    pub fn verify(&self, text: &[u8], mac: &[u8; MAC]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hmac::verify(&key, text, mac).is_ok()
    }
}

impl core::fmt::Debug for ProofKey {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("ProofKey(..)")
    }
}

fn tag(key: &[u8], text: &[u8]) -> [u8; MAC] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut bytes = [0; MAC];
    bytes.copy_from_slice(hmac::sign(&key, text).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_good_for_its_text_and_its_key_only() {
        let key = ProofKey::of(&Secret::from_bytes([7; 32]));
        let mac = key.sign(b"text");
        assert!(key.verify(b"text", &mac));
        assert!(!key.verify(b"texT", &mac));
        assert!(!ProofKey::of(&Secret::from_bytes([8; 32])).verify(b"text", &mac));
    }
}
